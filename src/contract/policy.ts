import type { Stage } from './stages.ts';

/** Parts per million: 10_000 is 1 %. */
export type Ppm = number;

export type RolledBack = {
  /** Who: an operator's name, or `guard`. */
  readonly by: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
};

/** A type's stage, share and flags. Every change makes a new revision and one audit line. */
export type Policy = {
  readonly type: string;
  readonly stage: Stage;
  /** Share of affinity keys that V2 serves at stage `ramp`. */
  readonly sharePpm: Ppm;
  /** Set: legacy answers every new key, whatever the stage. Only `resume` clears it. */
  readonly rolledBack: RolledBack | null;
  /** Part of the bucket's salt; changes only when callers are deliberately drawn anew. */
  readonly generation: number;
  /** Grows by one with every change. */
  readonly revision: number;
};

export type PolicyAction = 'stage' | 'rollback' | 'resume';

/** One line of the append-only audit log. */
export type AuditLine = {
  readonly sequence: number;
  readonly atMs: number;
  readonly actor: string;
  readonly type: string;
  readonly action: PolicyAction;
  readonly reason: string;
  /** `null` for a type's first policy. */
  readonly before: Policy | null;
  readonly after: Policy;
};

export const PPM_ALL: Ppm = 1_000_000;

export function initialPolicy(type: string): Policy {
  return { type, stage: 'off', sharePpm: 0, rolledBack: null, generation: 1, revision: 0 };
}
