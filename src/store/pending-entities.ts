import type { Entity } from '../contract/entities.ts';
import { entityKeys } from './sqlite-reads.ts';

/** Entities as a process has changed them, for as long as the changes are not durable. */
export class PendingEntities {
  readonly #byKey = new Map<string, Entity>();

  /** @param key of `entityKey` */
  get(key: string): Entity | undefined {
    return this.#byKey.get(key);
  }

  /** Found by each of its ids until `written` has ended, however it ends, unless a later change takes its place. */
  async until(written: Promise<void>, entity: Entity | null): Promise<void> {
    if (entity === null) return written;
    for (const key of entityKeys(entity)) this.#byKey.set(key, entity);
    try {
      await written;
    } finally {
      for (const key of entityKeys(entity)) if (this.#byKey.get(key) === entity) this.#byKey.delete(key);
    }
  }

  /** Everything has been written. */
  clear(): void {
    this.#byKey.clear();
  }
}
