import type { NamedEntity } from '../src/contract/calls.ts';
import type { Entity } from '../src/contract/entities.ts';
import { otherSide, type Side } from '../src/contract/stages.ts';
import type { EntityKind } from '../src/contract/wire.ts';
import type { Store } from '../src/store/store.ts';
import type { Pairing } from './compare/index.ts';

export type TwinCounters = {
  readonly learned: number;
  readonly staled: number;
  /** The candidate answered an id that is another entity's twin already: the pair was not made. */
  readonly conflicts: number;
};

/** What an answer that creates gave on each side. */
export type CreatedPair = {
  readonly kind: EntityKind;
  /** The id that the client was given. */
  readonly id: string;
  readonly candidateId: string;
};

/** The counterparts of a type's entities: learned from mirrored creations, doubted when sides part. */
export class Twins {
  readonly #store: Store;
  readonly #type: string;
  #kinds: readonly EntityKind[];
  readonly #onStoreError: (error: unknown) => void;
  readonly #counters = { learned: 0, staled: 0, conflicts: 0 };

  constructor(options: {
    readonly store: Store;
    readonly type: string;
    /** Every kind that the wire creates or names. */
    readonly kinds: readonly EntityKind[];
    readonly onStoreError: (error: unknown) => void;
  }) {
    this.#store = options.store;
    this.#type = options.type;
    this.#kinds = options.kinds;
    this.#onStoreError = options.onStoreError;
  }

  setKinds(kinds: readonly EntityKind[]): void {
    this.#kinds = kinds;
  }

  counters(): TwinCounters {
    return { ...this.#counters };
  }

  /**
   * Pairs an entity with what the mirrored call created on the candidate.
   * @param nowLegacys whether the type is rolled back: then V2's entity goes to legacy as soon as it is there
   */
  learn(candidate: Side, { kind, id, candidateId }: CreatedPair, nowLegacys: boolean): void {
    const entity = this.#find('client', kind, id);
    if (entity === undefined || entity.ids[candidate] === candidateId) return;
    if (this.#find(candidate, kind, candidateId) !== undefined) {
      this.#counters.conflicts += 1;
      return;
    }
    this.#counters.learned += 1;
    this.#put({
      ...entity,
      ids: { ...entity.ids, [candidate]: candidateId },
      twin: entity.twin === 'stale' ? 'stale' : 'in_sync',
      owner: nowLegacys && candidate === 'legacy' && entity.twin !== 'stale' ? 'legacy' : entity.owner,
    });
  }

  /** A write reached one side only, or the sides disagreed on it: the twins are no longer to be trusted. */
  markStale(named: readonly NamedEntity[]): void {
    for (const { kind, id } of named) {
      const entity = this.#find('client', kind, id);
      if (entity?.twin !== 'in_sync') continue;
      this.#counters.staled += 1;
      this.#put({ ...entity, twin: 'stale' });
    }
  }

  /** Reads the candidate's ids as the primary's. */
  pairing(candidate: Side): Pairing {
    return {
      toPrimary: (candidateId) => {
        for (const kind of this.#kinds) {
          const entity = this.#find(candidate, kind, candidateId);
          const primaryId = entity?.ids[otherSide(candidate)];
          if (primaryId !== undefined && primaryId !== null) return primaryId;
        }
        return undefined;
      },
    };
  }

  #find(by: 'client' | Side, kind: EntityKind, id: string): Entity | undefined {
    return this.#store.findEntity({ type: this.#type, kind, by, id });
  }

  #put(entity: Entity): void {
    this.#store.putEntity(entity).catch(this.#onStoreError);
  }
}
