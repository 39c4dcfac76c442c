import type { Failure } from '../../contract/tasks.ts';
import { addBounded, getBounded, hit } from '../parts/bounded.ts';
import { fingerprintOf, shapeOf } from './fingerprint.ts';
import type { ErrorPattern } from './shapes.ts';
import { BOUNDS, type Context, type PatternMemory } from './state.ts';

/** An error happened; enough alike ones make a pattern, and an alert. */
export function recordError(
  { code, message }: Pick<Failure, 'code' | 'message'>,
  where: { readonly agentId: string | null; readonly type: string | null },
  context: Context,
): void {
  const { state, now } = context;
  const shape = shapeOf(message);
  const id = fingerprintOf(code, shape);
  const make = () => newPattern(id, code, shape, message, now());
  const gone = (over: number) => hit(state.limitsHit, 'patternsMax', over);
  const pattern = getBounded(state.patterns, id, make, BOUNDS.patternsMax, gone);
  pattern.countEver++;
  addBounded(pattern.seenAtMs, now(), BOUNDS.patternMemoryMax);
  remember(pattern.agents, where.agentId);
  remember(pattern.types, where.type);
  if (!pattern.stands && lately(pattern, context) >= context.config.patterns.occurrencesMin) raise(pattern, context);
}

/** Resolves patterns that have been quiet for the length of the window. */
export function resolveQuiet(context: Context): void {
  for (const pattern of context.state.patterns.values()) {
    if (!pattern.stands || lately(pattern, context) > 0) continue;
    pattern.stands = false;
    pattern.agents.length = 0;
    pattern.types.length = 0;
    context.emit('on_alert_resolved', { id: alertId(pattern, context), atMs: context.now() });
  }
}

export function describePattern(pattern: PatternMemory, context: Context): ErrorPattern {
  const { seenAtMs, ...rest } = pattern;
  const count = lately(pattern, context);
  return { ...rest, count, lastAtMs: seenAtMs.at(-1) ?? rest.firstAtMs, spread: spreadOf(pattern) };
}

function raise(pattern: PatternMemory, context: Context): void {
  pattern.stands = true;
  const spread = spreadOf(pattern);
  context.emit('on_alert_raised', {
    id: alertId(pattern, context),
    severity: spread === 'everywhere' ? 'critical' : 'warning',
    message: `${WHERE[spread](pattern)}: ${pattern.code}: ${pattern.sample}`,
    atMs: context.now(),
  });
}

const WHERE = {
  one_agent: ({ agents }) => `agent ${agents[0]} keeps failing in one way`,
  one_type: ({ types }) => `tasks of type ${types[0]} keep failing in one way, on several agents`,
  everywhere: () => 'tasks of several types fail in one way on several agents: look at what they share',
} as const satisfies Record<ErrorPattern['spread'], (pattern: PatternMemory) => string>;

function spreadOf({ agents, types }: PatternMemory): ErrorPattern['spread'] {
  if (agents.length <= 1) return 'one_agent';
  return types.length <= 1 ? 'one_type' : 'everywhere';
}

function lately({ seenAtMs }: PatternMemory, { now, config }: Context): number {
  const sinceMs = now() - config.patterns.windowMs;
  return seenAtMs.filter((atMs) => atMs > sinceMs).length;
}

function newPattern(id: string, code: string, shape: string, message: string, nowMs: number): PatternMemory {
  const rest = { firstAtMs: nowMs, countEver: 0, seenAtMs: [], agents: [], types: [], stands: false };
  return { id, code, shape, sample: message.slice(0, 500), ...rest };
}

function remember(names: string[], name: string | null): void {
  if (name !== null && !names.includes(name)) addBounded(names, name, BOUNDS.patternMemoryMax);
}

function alertId({ id }: PatternMemory, { plugin }: Context): string {
  return `${plugin}:pattern:${id}`;
}
