import { TIERS, type Tier } from '../shapes.ts';
import type { StepName } from './steps.ts';

/** What each tier does. `afterApproval`: only once a person has said yes. */
export type Plan = {
  readonly steps: readonly StepName[];
  readonly afterApproval: readonly StepName[];
  /** When a needed step fails. */
  readonly fallback: readonly StepName[];
};

export const PLANS = {
  automatic: { steps: ['isolate', 'reassign', 'verify_empty'], afterApproval: [], fallback: [] },
  assisted: {
    steps: ['isolate', 'reassign', 'stand_in', 'retire', 'verify_replaced'],
    afterApproval: [],
    fallback: [],
  },
  manual: {
    steps: ['isolate', 'reassign', 'announce'],
    afterApproval: ['stand_in', 'retire', 'verify_replaced'],
    fallback: ['retire', 'announce'],
  },
  emergency: {
    steps: ['announce', 'isolate', 'stand_in', 'retire', 'verify_replaced'],
    afterApproval: [],
    fallback: ['retire', 'announce'],
  },
} as const satisfies Record<Tier, Plan>;

/** 1 automatic, 2 assisted, 3 manual, 4 and more emergency. */
export function tierOf(severity: number): Tier {
  return TIERS[Math.min(Math.max(1, severity), TIERS.length) - 1] as Tier;
}
