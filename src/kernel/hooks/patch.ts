import type { FieldShape } from '../../contract/hooks.ts';
import type { MergeRule, Reducer } from '../../contract/plugins.ts';
import { failed } from './call.ts';
import type { Engine } from './engine.ts';
import { copyFrozen, isRecord } from './freeze.ts';
import type { HookRun } from './hook-run.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Applies one plugin's patch to the event that the plugins before it left. The whole patch is refused when
 * a part of it is not declared or of the wrong shape: half a patch is a state that nobody wrote.
 * Refused: `null`.
 *
 * @param writers who wrote a field or key so far in this event; only kept where several plugins may
 */
export function applyPatch(
  engine: Engine,
  run: HookRun,
  event: Values,
  patch: unknown,
  writers: Writers | null,
): Values | null {
  const wrong = wrongWith(run, patch);
  if (wrong !== null) {
    failed(engine, run, wrong.kind, wrong.message);
    return null;
  }
  run.breaker.succeeded();
  const next: Record<string, unknown> = { ...event };
  for (const [field, rule] of run.writes) {
    const value = (patch as Values)[field];
    if (value === undefined) continue;
    next[field] = merged(engine, run, { field, rule, before: next[field], value: copyFrozen(value) }, writers);
  }
  return Object.freeze(next);
}

/** Remembers writers of fields (by priority) and of record keys. */
export class Writers {
  readonly priorities = new Map<string, number>();
  readonly keys = new Map<string, string>();
}

type Wrong = { readonly kind: 'undeclared_write' | 'bad_value'; readonly message: string };

function wrongWith(run: HookRun, patch: unknown): Wrong | null {
  if (!isRecord(patch)) return { kind: 'bad_value', message: `a patch is a record, this is ${typeof patch}` };
  for (const field of Object.keys(patch)) {
    const shape = run.writes.has(field) ? run.fields[field] : undefined;
    if (shape === undefined) return { kind: 'undeclared_write', message: `field ${field}` };
    if (patch[field] !== undefined && !SHAPES[shape](patch[field]))
      return { kind: 'bad_value', message: `field ${field} takes: ${shape}` };
  }
  return null;
}

export const SHAPES = {
  name: (value) => typeof value === 'string' && value !== '',
  name_or_null: (value) => value === null || (typeof value === 'string' && value !== ''),
  names: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''),
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  deadline: (value) => value === 'never' || (Number.isFinite(value) && (value as number) > 0),
  record: isRecord,
  any: () => true,
} as const satisfies Record<FieldShape, (value: unknown) => boolean>;

type FieldWrite = {
  readonly field: string;
  readonly rule: MergeRule;
  readonly before: unknown;
  readonly value: unknown;
};

function merged(engine: Engine, run: HookRun, write: FieldWrite, writers: Writers | null): unknown {
  const { field, rule, before, value } = write;
  if (rule === 'exclusive') return value;
  if (typeof rule === 'object') {
    if ((writers?.priorities.get(field) ?? Number.NEGATIVE_INFINITY) > rule.priority) return before;
    writers?.priorities.set(field, rule.priority);
    return value;
  }
  if (rule === 'merge' && writers !== null) noteKeys(engine, run, write, writers);
  return REDUCE[rule](before, value);
}

const REDUCE = {
  min: (before, value) => (amount(value) < amount(before) ? value : before),
  max: (before, value) => (amount(value) > amount(before) ? value : before),
  union: (before, value) => Object.freeze([...new Set([...(before as string[]), ...(value as string[])])]),
  merge: (before, value) => Object.freeze({ ...(before as Values), ...(value as Values) }),
} as const satisfies Record<Reducer, (before: unknown, value: unknown) => unknown>;

function amount(value: unknown): number {
  return value === 'never' ? Number.POSITIVE_INFINITY : (value as number);
}

function noteKeys(engine: Engine, run: HookRun, { field, value }: FieldWrite, writers: Writers): void {
  for (const key of Object.keys(value as Values)) {
    const place = `${field}.${key}`;
    const other = writers.keys.get(place);
    writers.keys.set(place, run.plugin.name);
    if (other === undefined) continue;
    engine.findings.add(
      run.plugin.name,
      run.place,
      'key_conflict',
      `${place} was written by ${other}; the later stands`,
    );
  }
}
