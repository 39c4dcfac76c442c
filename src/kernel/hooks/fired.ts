import type { EmittableHook, HookEvents } from '../../contract/hooks.ts';
import { isRecord } from './freeze.ts';
import { SHAPES } from './patch.ts';

type Check = (value: unknown) => boolean;

const { name, name_or_null, names } = SHAPES;
const text: Check = (value) => typeof value === 'string';
const number: Check = Number.isFinite;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);

/** What the events hold that plugins fire. Others rely on it: what is wrong there would be found as their failure. */
const FIRED: { readonly [N in EmittableHook]: { readonly [F in keyof HookEvents[N]]-?: Check } } = {
  on_performance_metric: {
    name,
    value: number,
    unit: text,
    agentId: name_or_null,
    taskId: name_or_null,
    atMs: number,
  },
  on_alert_raised: { id: name, severity: oneOf('info', 'warning', 'critical'), message: text, atMs: number },
  on_alert_resolved: { id: name, atMs: number },
  on_session_started: { sessionId: name, agentIds: names, atMs: number },
  on_session_ended: { sessionId: name, reason: text, atMs: number },
  on_sleep: { agentId: name, reason: text, atMs: number },
  on_wake: { agentId: name, reason: text, atMs: number },
  on_workflow_step: {
    workflowId: name,
    step: name,
    state: oneOf('started', 'completed', 'failed', 'skipped'),
    taskId: name_or_null,
    atMs: number,
  },
  on_workflow_finished: { workflowId: name, state: oneOf('completed', 'failed', 'cancelled'), atMs: number },
};

const CHECKS = Object.fromEntries(Object.entries(FIRED).map(([hook, fields]) => [hook, Object.entries(fields)]));

/** @throws {TypeError} for a hook that plugins do not fire, or an event that is none of that hook */
export function checkFired(plugin: string, hook: string, event: unknown): void {
  const fail = (what: string) => new TypeError(`plugin ${plugin}: ${what}`);
  const checks: readonly (readonly [string, Check])[] | undefined = Object.hasOwn(CHECKS, hook)
    ? CHECKS[hook]
    : undefined;
  if (checks === undefined) throw fail(`plugins do not fire ${hook}`);
  if (!isRecord(event)) throw fail(`${hook} takes a record`);
  for (const [field, isRight] of checks) if (!isRight(event[field])) throw fail(`${hook}: ${field} is wrong`);
}
