import type { Entity } from '../contract/entities.ts';
import type { AuditLine, Policy } from '../contract/policy.ts';
import type { Side } from '../contract/stages.ts';
import type { EntityKind } from '../contract/wire.ts';

/** A change of a policy together with everything that must be true in the same instant. */
export type PolicyMove = {
  readonly next: Policy;
  /** The line without its sequence, which the store gives. */
  readonly line: Omit<AuditLine, 'sequence'>;
  /** The move is refused when the stored revision is another. */
  readonly expectRevision: number;
  /** Also give legacy every entity of the type that V2 owns and whose twin is in sync. */
  readonly entitiesToLegacy: boolean;
};

export type PolicyMoved = {
  readonly line: AuditLine;
  readonly entities: EntityMoves;
};

/** What became of the entities that V2 owned. */
export type EntityMoves = {
  /** In sync: legacy answers for them from now on. */
  readonly moved: number;
  /** Untwinned or stale: V2 goes on answering for them until they end. */
  readonly draining: number;
};

/** An entity by the id that the client was given, or by its id on one side. */
export type EntityQuery = {
  readonly type: string;
  readonly kind: string;
  readonly by: 'client' | Side;
  readonly id: string;
};

/** An entity by the id that the client was given. */
export type EntityName = { readonly type: string; readonly kind: EntityKind; readonly id: string };

/**
 * What can happen to an entity. A change says what happened, never what the entity is then: it is applied to what is
 * stored at that moment, so that changes from several processes at once lose nothing of each other.
 */
export type EntityChange =
  /** An answer created it; one that is known already stays as it is. */
  | { readonly change: 'created'; readonly entity: Entity }
  /** Its counterpart on `side` is known now. */
  | (EntityName & { readonly change: 'paired'; readonly side: Side; readonly sideId: string })
  /** A write reached one side only. `evenUntwinned`: its counterpart may still be on its way. */
  | (EntityName & { readonly change: 'staled'; readonly evenUntwinned: boolean });

export type EntityCounts = {
  readonly owned: Readonly<Record<Side, number>>;
  readonly twins: Readonly<Record<Entity['twin'], number>>;
};

/**
 * Where Banyan keeps what must outlive it: policies, the audit log, entities and ledgers. Reads are
 * answered from memory or by one indexed look-up; a write is durable when its promise resolves.
 * `test/store/contract.ts` is the suite that every driver passes.
 */
export type Store = {
  readonly policies: () => readonly Policy[];
  /** Throws BanyanError REVISION_MOVED, and changes nothing, when the revision is not the expected one. */
  readonly movePolicy: (move: PolicyMove) => Promise<PolicyMoved>;
  /** Newest first. */
  readonly auditLines: (query: { readonly type?: string; readonly limit: number }) => readonly AuditLine[];

  readonly findEntity: (query: EntityQuery) => Entity | undefined;
  /** Visible to `findEntity` at once, durable when the promise resolves. Rejects, and never throws at once. */
  readonly changeEntity: (change: EntityChange) => Promise<void>;
  readonly countEntities: (type: string) => EntityCounts;

  /** A JSON text per type, replaced whole. The writer's own `loadLedger` gives it at once. */
  readonly saveLedger: (type: string, snapshot: string) => Promise<void>;
  readonly loadLedger: (type: string) => string | undefined;

  readonly counters: () => StoreCounters;
  /** Commits what waits, then closes. */
  readonly close: () => Promise<void>;
};

export type StoreCounters = {
  readonly commits: number;
  readonly writes: number;
  readonly failedWrites: number;
  /** Writes refused because 10,000 waited already. */
  readonly refusedWrites: number;
};
