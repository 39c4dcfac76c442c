/** The two implementations of an orchestrator type. */
export type Side = 'legacy' | 'v2';

/** Where a type stands on its way from legacy to V2. */
export type Stage = 'off' | 'shadow' | 'ramp' | 'live' | 'done';

/** What a stage means for a call. The table below is the only place that says so. */
export type StageRow = {
  /** Who answers a key that no entity binds; `share` asks the bucket. */
  readonly primary: Side | 'share';
  /** Whether the other side gets a copy of the call. */
  readonly mirrored: boolean;
  /** Whether V2 may lose the type here: a guard or an operator can roll it back. */
  readonly canRollBack: boolean;
};

export const STAGES = {
  off: { primary: 'legacy', mirrored: false, canRollBack: false },
  shadow: { primary: 'legacy', mirrored: true, canRollBack: false },
  ramp: { primary: 'share', mirrored: true, canRollBack: true },
  live: { primary: 'v2', mirrored: true, canRollBack: true },
  done: { primary: 'v2', mirrored: false, canRollBack: true },
} as const satisfies Record<Stage, StageRow>;

export const STAGE_NAMES = Object.keys(STAGES) as readonly Stage[];

export function otherSide(side: Side): Side {
  return side === 'legacy' ? 'v2' : 'legacy';
}
