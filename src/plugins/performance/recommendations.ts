import { RUNS_MIN, routingMode } from './routing.ts';
import { lately } from './series.ts';
import type { Recommendation } from './shapes.ts';
import type { Context } from './state.ts';
import { summariesOf, unkey } from './tasks.ts';

/** Attempts below which a type tells nothing. */
const ATTEMPTS_MIN = 20;
/** An agent whose mean run is this many times that of the others stands out. */
const SLOWER_RATIO = 2;

/** What could be better, and the figures that say so. */
export function recommendations(context: Context): Recommendation[] {
  return RULES.flatMap((rule) => rule(context));
}

type Rule = (context: Context) => readonly Recommendation[];

const RULES: readonly Rule[] = [slowAnswers, addAgents, addCapability, mendTypes, slowAgents, routeFastest];

function slowAnswers(context: Context): readonly Recommendation[] {
  const { responseMsMax } = context.config.limits;
  const p95 = lately('delegate_ms', 0.95, context);
  if (p95 === null || p95 <= responseMsMax) return [];
  const message = 'the kernel answers slowly: look at the plugins in its health report, and at its store';
  return [{ kind: 'slow_answers', subject: 'delegate_ms', message, evidence: { p95, responseMsMax } }];
}

/** Tasks wait longer for an agent than they then run. */
function addAgents(context: Context): readonly Recommendation[] {
  const [queueMs, runMs] = [lately('queue_ms', 0.95, context), lately('run_ms', 0.5, context)];
  const { queued } = context.state;
  const { queuedMax } = context.config.limits;
  const isSlow = queueMs !== null && runMs !== null && queueMs > runMs && queueMs > 1_000;
  if (!isSlow && queued <= queuedMax) return [];
  const message = 'tasks wait for agents: spawn more, or let the production plugin scale';
  const evidence = { queued, queueP95Ms: queueMs ?? 0, runP50Ms: runMs ?? 0 };
  return [{ kind: 'add_agents', subject: 'queue_ms', message, evidence }];
}

function addCapability({ state }: Context): readonly Recommendation[] {
  const tasks = state.events.get('on_no_agent_available') ?? 0;
  if (tasks === 0) return [];
  const message = 'tasks came that no agent could ever run: spawn agents with the capabilities that they name';
  return [{ kind: 'add_capability', subject: 'agents', message, evidence: { tasks } }];
}

function mendTypes(context: Context): readonly Recommendation[] {
  const { successRateMin } = context.config.limits;
  return summariesOf(context)
    .filter(({ completed, failed, successRate }) => completed + failed >= ATTEMPTS_MIN && successRate < successRateMin)
    .map(({ type, completed, failed, successRate }) => ({
      kind: 'mend_type',
      subject: type,
      message: `too many attempts of type ${type} fail`,
      evidence: { completed, failed, successRate },
    }));
}

/** Mean run of a type on one agent, against the mean over the other agents that know it. */
function slowAgents(context: Context): readonly Recommendation[] {
  return spreads(context)
    .filter(({ ratio }) => ratio >= SLOWER_RATIO)
    .map(({ agentId, type, meanMs, othersMs }) => ({
      kind: 'look_at_agent',
      subject: agentId,
      message: `agent ${agentId} takes much longer for ${type} than the others`,
      evidence: { meanMs, othersMs },
    }));
}

function routeFastest(context: Context): readonly Recommendation[] {
  if (routingMode(context) === 'fastest') return [];
  const uneven = spreads(context).filter(({ ratio }) => ratio >= SLOWER_RATIO);
  const worst = uneven.toSorted((a, b) => b.ratio - a.ratio)[0];
  if (worst === undefined) return [];
  const message = 'agents differ in speed: let the one expected to be done first be chosen';
  return [{ kind: 'route_fastest', subject: worst.type, message, evidence: { ratio: worst.ratio } }];
}

/** How each agent compares with the others on the types that it knows. */
function spreads({ state }: Context) {
  const known = [...state.pairs].flatMap(([key, { runs, meanRunMs }]) =>
    runs < RUNS_MIN ? [] : [{ ...unkey(key), meanMs: meanRunMs }],
  );
  return [...Map.groupBy(known, ({ type }) => type).values()].flatMap((pairs) => {
    const sumMs = pairs.reduce((sum, { meanMs }) => sum + meanMs, 0);
    if (pairs.length < 2) return [];
    return pairs.map(({ agentId, type, meanMs }) => {
      const othersMs = (sumMs - meanMs) / (pairs.length - 1);
      return { agentId, type, meanMs, othersMs, ratio: meanMs / Math.max(1, othersMs) };
    });
  });
}
