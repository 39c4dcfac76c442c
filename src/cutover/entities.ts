import type { NamedEntity } from '../contract/calls.ts';
import type { Entity } from '../contract/entities.ts';
import { isV2Id } from '../contract/ids.ts';
import type { Side } from '../contract/stages.ts';
import type { Store } from '../store/store.ts';
import type { Translation } from '../wire/translate.ts';
import type { KnownEntity } from './decide.ts';

/** Which side owns what: recorded when an answer creates an entity, asked when a call names one. */
export class Entities {
  readonly #store: Store;
  readonly #nowMs: () => number;
  /** Types of which V2 owns, or has owned, something: only their calls at stage `off` need a look-up. */
  readonly #onV2 = new Set<string>();

  constructor(store: Store, types: readonly string[], nowMs: () => number = Date.now) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.add(types);
  }

  add(types: readonly string[]): void {
    for (const type of types) if (this.#store.countEntities(type).owned.v2 > 0) this.#onV2.add(type);
  }

  /** Another process may be recording something that V2 owns. */
  expectOnV2(type: string): void {
    this.#onV2.add(type);
  }

  anyOnV2(type: string): boolean {
    return this.#onV2.has(type);
  }

  known(type: string, named: readonly NamedEntity[]): readonly KnownEntity[] {
    return named.map(({ kind, id }) => ({ kind, id, entity: this.#find(type, kind, id) }));
  }

  /**
   * A client may also have read the id in a list that V2 answered. Only an id that bears V2's marker is looked up
   * so: any other text may be one entity's id here and another's there.
   */
  #find(type: string, kind: string, id: string): Entity | undefined {
    const entity = this.#store.findEntity({ type, kind, by: 'client', id });
    return entity === undefined && isV2Id(id) ? this.#store.findEntity({ type, kind, by: 'v2', id }) : entity;
  }

  /** Resolves when the owners are durable: only then may the client see the ids. */
  async created(type: string, owner: Side, created: readonly NamedEntity[]): Promise<void> {
    if (owner === 'v2' && created.length > 0) this.#onV2.add(type);
    const fresh = created.filter(
      ({ kind, id }) => this.#store.findEntity({ type, kind, by: 'client', id }) === undefined,
    );
    const entities = fresh.map((named) => this.#newEntity(type, owner, named));
    await Promise.all(entities.map((entity) => this.#store.changeEntity({ change: 'created', entity })));
  }

  #newEntity(type: string, owner: Side, { kind, id }: NamedEntity): Entity {
    const ids = { legacy: owner === 'legacy' ? id : null, v2: owner === 'v2' ? id : null };
    return { type, kind, id, owner, ids, twin: 'untwinned', createdAtMs: this.#nowMs() };
  }
}

/**
 * The ids that a request to `side` must carry in place of those that the client wrote; `null` when a named
 * entity is not on that side. An entity nobody recorded is asked for by the id the client gave.
 */
export function translationTo(side: Side, entities: readonly KnownEntity[]): Translation | null {
  const translation = new Map<string, string>();
  for (const { id, entity } of entities) {
    if (entity === undefined) continue;
    const idThere = entity.ids[side];
    if (idThere === null) return null;
    if (idThere !== id) translation.set(id, idThere);
  }
  return translation;
}

/** The way back: ids of an answer into those the client knows. */
export function inverse(translation: Translation): Translation {
  return new Map([...translation].map(([from, to]) => [to, from]));
}
