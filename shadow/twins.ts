import type { NamedEntity } from '../src/contract/calls.ts';
import type { Entity } from '../src/contract/entities.ts';
import { otherSide, type Side } from '../src/contract/stages.ts';
import type { EntityKind } from '../src/contract/wire.ts';
import type { EntityChange, Store } from '../src/store/store.ts';
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

/** A twin that has not come by then does not come any more: copies end long before. */
const TWIN_LATE_MS = 60_000;

/** The counterparts of a type's entities: learned from mirrored creations, doubted when sides part. */
export class Twins {
  readonly #store: Store;
  readonly #type: string;
  #kinds: readonly EntityKind[];
  readonly #onStoreError: (error: unknown) => void;
  readonly #nowMs: () => number;
  readonly #counters = { learned: 0, staled: 0, conflicts: 0 };

  constructor(options: {
    readonly store: Store;
    readonly type: string;
    /** Every kind that the wire creates or names. */
    readonly kinds: readonly EntityKind[];
    readonly onStoreError: (error: unknown) => void;
    /** Epoch milliseconds. */
    readonly nowMs: () => number;
  }) {
    this.#store = options.store;
    this.#type = options.type;
    this.#kinds = options.kinds;
    this.#onStoreError = options.onStoreError;
    this.#nowMs = options.nowMs;
  }

  setKinds(kinds: readonly EntityKind[]): void {
    this.#kinds = kinds;
  }

  counters(): TwinCounters {
    return { ...this.#counters };
  }

  /** Pairs an entity with what the mirrored call created on the candidate. */
  learn(candidate: Side, { kind, id, candidateId }: CreatedPair): void {
    const entity = this.#find('client', kind, id);
    if (entity === undefined || entity.ids[candidate] === candidateId) return;
    if (this.#find(candidate, kind, candidateId) !== undefined) {
      this.#counters.conflicts += 1;
      return;
    }
    this.#counters.learned += 1;
    this.#change({ change: 'paired', type: this.#type, kind, id, side: candidate, sideId: candidateId });
  }

  /**
   * A write reached one side only, or the sides disagreed on it: the twins of what it named are no longer to be
   * trusted, nor is a twin that is learned later.
   * @param created what the write itself created: its twin is learned by now, or never
   */
  markStale(named: readonly NamedEntity[], created: readonly NamedEntity[] = []): void {
    for (const name of named) this.#stale(name, this.#nowMs());
    for (const name of created) this.#stale(name, null);
  }

  #stale({ kind, id }: NamedEntity, youngAtMs: number | null): void {
    const entity = this.#find('client', kind, id);
    const isYoung = youngAtMs !== null && entity !== undefined && youngAtMs - entity.createdAtMs < TWIN_LATE_MS;
    if (entity?.twin !== 'in_sync' && !(entity?.twin === 'untwinned' && isYoung)) return;
    this.#counters.staled += 1;
    this.#change({ change: 'staled', type: this.#type, kind, id, evenUntwinned: isYoung });
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

  #change(change: EntityChange): void {
    this.#store.changeEntity(change).catch(this.#onStoreError);
  }
}
