import type { Entity } from '../contract/entities.ts';
import type { Side } from '../contract/stages.ts';
import type { EntityChange, EntityQuery } from './store.ts';

/** What is stored at the moment of a change. */
export type Stored = {
  readonly find: (query: EntityQuery) => Entity | undefined;
  readonly isRolledBack: (type: string) => boolean;
};

/** The entity after a change; `null` when nothing changes. */
export function afterChange(stored: Stored, change: EntityChange): Entity | null {
  if (change.change === 'created') return created(stored, change.entity);
  const { type, kind, id } = change;
  const entity = stored.find({ type, kind, by: 'client', id });
  if (entity === undefined) return null;
  return change.change === 'paired' ? paired(stored, entity, change) : staled(entity, change.evenUntwinned);
}

function created({ find }: Stored, entity: Entity): Entity | null {
  const { type, kind, id } = entity;
  return find({ type, kind, by: 'client', id }) === undefined ? entity : null;
}

/** A counterpart that is another entity's already is nobody else's. */
function paired(
  { find, isRolledBack }: Stored,
  entity: Entity,
  { side, sideId }: { readonly side: Side; readonly sideId: string },
): Entity | null {
  const { type, kind } = entity;
  if (find({ type, kind, by: side, id: sideId }) !== undefined) return null;
  const ids = { ...entity.ids, [side]: sideId };
  if (entity.twin === 'stale') return { ...entity, ids };
  // A rollback moved what was in sync; what comes into sync after it follows.
  const owner = side === 'legacy' && isRolledBack(type) ? 'legacy' : entity.owner;
  return { ...entity, ids, twin: 'in_sync', owner };
}

function staled(entity: Entity, evenUntwinned: boolean): Entity | null {
  const doubted = entity.twin === 'in_sync' || (entity.twin === 'untwinned' && evenUntwinned);
  return doubted ? { ...entity, twin: 'stale' } : null;
}
