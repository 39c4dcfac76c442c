import type { HookEvents } from '../../contract/hooks.ts';
import { getBounded, hit } from '../parts/bounded.ts';
import { newHistogram, record } from '../parts/histogram.ts';
import { type Span, sliceNow, slicesOf } from '../parts/window.ts';
import { describe } from './series.ts';
import type { TypeSummary } from './shapes.ts';
import { type AgentStats, BOUNDS, type Context, type Ends, type PairStats, type TypeStats } from './state.ts';

/** An hour, minute by minute. */
const SPAN: Span = { sliceMs: 60_000, slicesMax: 61 };

/** Weight of the newest run in an agent's mean of a type: about the last twenty count. */
const FORGETS = 0.1;

export function taskCompleted({ task, runMs }: HookEvents['on_task_completed'], context: Context): void {
  const { state } = context;
  endsNow(context).completed++;
  const type = typeStats(state, task.type);
  type.completed++;
  record(type.runMs, runMs);
  if (task.agentId === null) return;
  const agent = agentStats(state, task.agentId);
  agent.completed++;
  agent.runs++;
  agent.runMsSum += runMs;
  const pair = pairStats(state, task.agentId, task.type);
  pair.runs++;
  pair.meanRunMs += (runMs - pair.meanRunMs) * Math.max(FORGETS, 1 / pair.runs);
}

export function taskFailed({ task }: HookEvents['on_task_failed'], context: Context): void {
  const { state } = context;
  endsNow(context).failed++;
  typeStats(state, task.type).failed++;
  if (task.agentId !== null) agentStats(state, task.agentId).failed++;
}

export function taskDelegated({ agent }: HookEvents['on_task_delegated'], { state }: Context): void {
  agentStats(state, agent.id).delegated++;
}

export function agentGone(agentId: string, { state }: Context): void {
  state.agents.delete(agentId);
  for (const key of state.pairs.keys()) if (key.startsWith(`${agentId}\n`)) state.pairs.delete(key);
}

/** Of one type, or of all. */
export function summariesOf({ state }: Context, type?: string): TypeSummary[] {
  const types = [...state.types].filter(([name]) => type === undefined || name === type);
  return types.map(([name, { completed, failed, runMs }]) => ({
    type: name,
    completed,
    failed,
    successRate: completed / Math.max(1, completed + failed),
    runMs: describe(runMs, 'ms'),
  }));
}

/** Attempts of the last hour. */
export function endsLately({ state, now }: Context): Ends {
  const sum = (of: (ends: Ends) => number) =>
    slicesOf(state.ends, SPAN, now()).reduce((all, ends) => all + of(ends), 0);
  return { completed: sum((ends) => ends.completed), failed: sum((ends) => ends.failed) };
}

function endsNow({ state, now }: Context): Ends {
  return sliceNow(state.ends, SPAN, now(), () => ({ completed: 0, failed: 0 }));
}

/** What is known of one agent on one type. */
export function pairOf({ state }: Context, agentId: string, type: string): PairStats | undefined {
  return state.pairs.get(pairKey(agentId, type));
}

function pairKey(agentId: string, type: string): string {
  return `${agentId}\n${type}`;
}

/** Agent and type of a pair's key. */
export function unkey(key: string): { readonly agentId: string; readonly type: string } {
  const at = key.indexOf('\n');
  return { agentId: key.slice(0, at), type: key.slice(at + 1) };
}

type State = Context['state'];

function typeStats(state: State, type: string): TypeStats {
  const make = () => ({ completed: 0, failed: 0, runMs: newHistogram() });
  return getBounded(state.types, type, make, BOUNDS.typesMax, (gone) => hit(state.limitsHit, 'typesMax', gone));
}

function agentStats(state: State, agentId: string): AgentStats {
  const make = () => ({ delegated: 0, completed: 0, failed: 0, runs: 0, runMsSum: 0 });
  return getBounded(state.agents, agentId, make, BOUNDS.agentsMax, (gone) => hit(state.limitsHit, 'agentsMax', gone));
}

function pairStats(state: State, agentId: string, type: string): PairStats {
  const make = () => ({ runs: 0, meanRunMs: 0 });
  const key = pairKey(agentId, type);
  return getBounded(state.pairs, key, make, BOUNDS.pairsMax, (gone) => hit(state.limitsHit, 'pairsMax', gone));
}
