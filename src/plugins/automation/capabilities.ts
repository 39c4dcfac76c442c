import { z } from 'zod';
import type { Capabilities } from '../../contract/plugins.ts';
import {
  accepted,
  agentFailureInput,
  agentFailureOutcome,
  agentHealth,
  automationEvent,
  circuit,
  decideInput,
  emitInput,
  errorPattern,
  reassignInput,
  reassignment,
  recoverInput,
  recovery,
  scheduled,
  scheduleInput,
} from './shapes.ts';

export const capabilities = {
  circuitStatus: {
    says: 'the breaker of each agent and type that ever failed, by key',
    input: z.undefined(),
    output: z.record(z.string(), circuit),
  },
  resetCircuit: {
    says: 'closes a breaker and forgets what it remembers; false: there is none',
    input: z.strictObject({ key: z.string() }),
    output: z.boolean(),
  },
  errorPatterns: {
    says: 'errors that are alike, and where they come from',
    input: z.strictObject({ standing: z.boolean().default(false) }).optional(),
    output: z.array(errorPattern),
  },
  recover: {
    says: 'recovers an agent, or all that have failed, by the tier of the severity',
    input: recoverInput,
    output: z.array(recovery),
  },
  decideRecovery: {
    says: "a person's word on a recovery that waits for it; null: none with that id waits",
    input: decideInput,
    output: recovery.nullable(),
  },
  recoveries: { says: 'the last recoveries, oldest first', input: z.undefined(), output: z.array(recovery) },
  handleAgentFailure: {
    says: 'counts a failure of an agent that somebody saw, keeps work from it and moves its tasks',
    input: agentFailureInput,
    output: agentFailureOutcome,
  },
  reassign: {
    says: 'moves tasks to other agents; those that have failed are delegated anew',
    input: reassignInput,
    output: z.record(z.string(), reassignment),
  },
  cleanupFailed: {
    says: 'shuts down agents that have failed for good, and gives their ids',
    input: z.undefined(),
    output: z.array(z.string()),
  },
  cleanup: {
    says: 'forgets what it remembers of long ago, and gives how many records went',
    input: z.strictObject({ olderThanMs: z.number().min(0).default(86_400_000) }).optional(),
    output: z.number(),
  },
  agentHealth: {
    says: 'how each agent, or one of them, does; of an unknown one nothing',
    input: z.strictObject({ agentId: z.string().optional() }).optional(),
    output: z.array(agentHealth),
  },
  emitEvent: { says: 'takes an event in, to be handled by its priority', input: emitInput, output: accepted },
  events: {
    says: 'events that wait, and the last that were handled',
    input: z.undefined(),
    output: z.array(automationEvent),
  },
  schedule: { says: 'has something done at its time', input: scheduleInput, output: accepted },
  scheduled: { says: 'what is scheduled, and what came of it', input: z.undefined(), output: z.array(scheduled) },
  cancelScheduled: {
    says: 'calls something off; false: it is unknown or done',
    input: z.strictObject({ id: z.string() }),
    output: z.boolean(),
  },
} as const satisfies Capabilities;
