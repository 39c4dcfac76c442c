import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedEntity } from '../contract/calls.ts';
import type { Side } from '../contract/stages.ts';
import type { Store } from '../store/store.ts';

/** An entity older than this has the twin that it will have, as far as a copy waits for it. */
const TWIN_COMES_MS = 500;
const LOOK_AGAIN_MS = 10;

/**
 * The copy that creates an entity's twin may be another process's, and the order of copies is kept within a process
 * only: a copy that names a young entity waits until the twin is recorded. Bounded by the entity's age, so an entity
 * whose creation was not mirrored holds up no copy later.
 */
export async function awaitTwins(
  { store, epochMs }: { readonly store: Pick<Store, 'findEntity'>; readonly epochMs: () => number },
  type: string,
  side: Side,
  named: readonly NamedEntity[],
): Promise<void> {
  const isAwaited = ({ kind, id }: NamedEntity) => {
    const entity = store.findEntity({ type, kind, by: 'client', id });
    if (entity === undefined || entity.ids[side] !== null || entity.twin === 'stale') return false;
    const ageMs = epochMs() - entity.createdAtMs;
    return ageMs >= 0 && ageMs < TWIN_COMES_MS;
  };
  // Counted too: a clock that is set back must not make it endless.
  for (let looks = 0; looks < TWIN_COMES_MS / LOOK_AGAIN_MS && named.some(isAwaited); looks += 1) {
    await sleep(LOOK_AGAIN_MS);
  }
}
