import type { Policy } from '../contract/policy.ts';
import { STAGES } from '../contract/stages.ts';

/** Whether V2 may answer callers by this policy, and so come to own what they create. */
export function mayBeOnV2({ stage }: Policy): boolean {
  return STAGES[stage].primary !== 'legacy';
}
