import type { Side, Stage } from './stages.ts';

/** One rule that was asked about a call, and what it said. `explain` prints these. */
export type Why = {
  readonly rule: 'stage' | 'rolled_back' | 'entity' | 'marker' | 'unknown_id' | 'affinity' | 'bucket';
  readonly says: string;
  /** The side that the rule chose, where it was the one to choose. */
  readonly side: Side | null;
};

/** Who answers a call and who only watches. */
export type Plan = {
  readonly stage: Stage;
  readonly primary: Side;
  readonly candidate: Side | null;
  readonly why: readonly Why[];
};
