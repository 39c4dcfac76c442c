import type { Agent } from '../../contract/agents.ts';
import { messageOf } from '../parts/steps.ts';
import { agentKey, breakerAt } from './breakers.ts';
import { recover, recoveriesOf } from './recovery/recover.ts';
import type { AutomationState, Context } from './state.ts';

/** A breaker that opened this often in a row is no hiccup. */
const REOPENED_MIN = 3;

/** Kernels that are being healed right now: a round that takes long is not overtaken by the next. */
const busy = new WeakSet<AutomationState>();

/**
 * One round: agents that the kernel's supervision gave up, and those whose breaker keeps opening, are recovered.
 * Each time one needs it again, the tier is one higher. In the background: agents may take long to start.
 */
export function heal(context: Context): void {
  if (!context.config.healing.enabled || busy.has(context.state)) return;
  busy.add(context.state);
  healAll(context)
    .catch((error: unknown) => context.log('error', 'a round of healing failed', { error: messageOf(error) }))
    .finally(() => busy.delete(context.state));
}

async function healAll(context: Context): Promise<void> {
  for (const agent of await context.kernel.listAgents()) {
    const failure = ailmentOf(agent, context);
    if (context.signal.aborted) return;
    if (failure === null || isBeingSeenTo(agent, context)) continue;
    const severity = (agent.state === 'failed' ? 2 : 1) + recoveriesOf(agent.id, context);
    await recover(agent.id, { failure, severity, by: 'healing' }, context);
  }
}

/** What is wrong with an agent; `null`: nothing, or not for long enough. */
function ailmentOf(agent: Agent, context: Context): string | null {
  const { config, now, state } = context;
  if (agent.state === 'failed') {
    const isLeft = now() - agent.lastActivityAtMs >= config.healing.graceMs;
    return isLeft ? `it failed: ${agent.error?.message ?? 'for no reason given'}` : null;
  }
  const opened = state.breakers.get(agentKey(agent.id))?.opened ?? 0;
  const isOpen = breakerAt(agentKey(agent.id), context).kind === 'open';
  return isOpen && opened >= REOPENED_MIN ? `its breaker opened ${opened} times` : null;
}

/** Somebody was called for it, or nothing more can be done: once is enough. */
function isBeingSeenTo({ id }: Agent, context: Context): boolean {
  const last = context.state.recoveries.findLast(({ agentId }) => agentId === id);
  if (last?.state === 'awaiting_approval' || last?.state === 'under_way') return true;
  return last?.state === 'gave_up' && recoveriesOf(id, context) >= context.config.healing.attemptsMax;
}
