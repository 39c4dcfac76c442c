import type { z } from 'zod';
import { addBounded, hit } from '../parts/bounded.ts';
import { allDone, planSteps, runSteps, type Step } from '../parts/steps.ts';
import { disasterFacts, disasterSteps } from './disaster.ts';
import { failoverFacts, failoverSteps } from './failover.ts';
import type { disasterInput, failoverInput, SequenceResult } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

export async function failOver(input: z.output<typeof failoverInput>, context: Context): Promise<SequenceResult> {
  const { agentId, toAgentId = null, reason, drill } = input;
  const result = await take(
    'failover',
    failoverSteps(context),
    failoverFacts(agentId, toAgentId, reason),
    drill,
    context,
  );
  // One that could not be retired stays in service.
  if (!drill) context.release(agentId);
  return result;
}

export function recoverFromDisaster(input: z.output<typeof disasterInput>, context: Context): Promise<SequenceResult> {
  const { backupId = null, reason = 'disaster recovery', drill = false } = input ?? {};
  return take('disaster_recovery', disasterSteps(context), disasterFacts(backupId, reason), drill, context);
}

async function take<Facts extends { readonly reason: string }>(
  kind: SequenceResult['kind'],
  steps: readonly Step<Facts>[],
  facts: Facts,
  drill: boolean,
  context: Context,
): Promise<SequenceResult> {
  const { state, now, config } = context;
  const startedAtMs = now();
  const timing = { now, timeoutMs: config.sequenceMsMax };
  const results = drill ? planSteps(steps, startedAtMs) : await runSteps(steps, facts, timing);
  const result: SequenceResult = {
    id: `${kind}-${++state.serial}`,
    kind,
    drill,
    reason: facts.reason,
    state: drill ? 'planned' : allDone(results) ? 'done' : 'failed',
    startedAtMs,
    endedAtMs: now(),
    steps: [...results],
  };
  hit(state.limitsHit, 'sequencesMax', addBounded(state.sequences, result, BOUNDS.sequencesMax));
  return result;
}
