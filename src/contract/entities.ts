import type { Side } from './stages.ts';
import type { EntityKind } from './wire.ts';

/**
 * How far an entity's twin can be trusted:
 * - `untwinned`: the other side has no counterpart that we know of
 * - `in_sync`: every write reached both sides and they agreed
 * - `stale`: a mirrored write was dropped, failed or differed; the owner alone is right
 */
export type TwinState = 'untwinned' | 'in_sync' | 'stale';

/** Something a call created and later calls name, with its id on each side. */
export type Entity = {
  readonly type: string;
  readonly kind: EntityKind;
  /** The id that the client was given, for ever. */
  readonly id: string;
  /** The side that answers for it now. */
  readonly owner: Side;
  /** Its id on each side, `null` where it has no counterpart. */
  readonly ids: Readonly<Record<Side, string | null>>;
  readonly twin: TwinState;
  readonly createdAtMs: number;
};
