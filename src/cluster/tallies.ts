import { mergeSnapshots } from '../../shadow/ledger/index.ts';
import { type LedgerSnapshot, settledCount } from '../../shadow/ledger/snapshot.ts';
import type { GatewayParts } from '../gateway/parts.ts';
import type { MirrorView } from '../gateway/type-shadow.ts';
import type { Store } from '../store/store.ts';
import type { MetricsSnapshot } from '../telemetry/metrics/snapshot.ts';
import { type TypeInstances, togetherInstances } from './instances.ts';
import type { Counted } from './messages.ts';
import { MetricsTally } from './metrics-tally.ts';

/** What one worker has told so far, as far as it matters when it dies. */
type Told = {
  /** By type and operation: eligible calls of which it has not told what became of them. */
  readonly open: Map<string, Map<string, number>>;
  mirrors: Readonly<Record<string, MirrorView>>;
  instances: Readonly<Record<string, TypeInstances>>;
};

/**
 * What the workers count, added up in the supervisor's own ledgers and counters. Each tells what it counted since it
 * last told, so nothing is counted twice, and a worker that dies takes with it no more than that.
 */
export class Tallies {
  readonly #parts: () => GatewayParts;
  readonly #store: Store;
  readonly #told = new Map<number, Told>();
  readonly #metrics = new MetricsTally();
  /** Twins that workers which have ended doubted, and conflicts that they met. */
  readonly #ended = new Map<string, MirrorView>();

  constructor(parts: () => GatewayParts, store: Store) {
    this.#parts = parts;
    this.#store = store;
  }

  absorb(worker: number, { counters, ledgers, mirrors, instances, metrics }: Counted): void {
    this.#metrics.tell(worker, metrics);
    const told = this.#told.get(worker) ?? { open: new Map(), mirrors, instances };
    this.#told.set(worker, told);
    told.mirrors = mirrors;
    told.instances = instances;
    this.#parts().counters.absorb(counters);
    for (const [type, counted] of ledgers) {
      noteOpen(told, type, counted);
      this.#absorbLedger(type, counted);
    }
  }

  /** A worker is gone. Of what it had under way nobody will tell any more. */
  ended(worker: number): void {
    const told = this.#told.get(worker);
    if (told === undefined) return;
    this.#told.delete(worker);
    this.#metrics.ended(worker);
    for (const [type, view] of Object.entries(told.mirrors)) {
      this.#ended.set(type, addViews(this.#ended.get(type) ?? NOTHING, { ...view, pending: 0 }));
    }
    for (const [type, open] of told.open) this.#interrupted(type, open);
  }

  /** What all processes measured, with the supervisor's own. */
  metrics(own: MetricsSnapshot): MetricsSnapshot {
    return this.#metrics.together(own);
  }

  /** What the workers' mirrors hold. */
  mirror(type: string): MirrorView {
    const views = [...this.#told.values()].map(({ mirrors }) => mirrors[type] ?? NOTHING);
    return views.reduce(addViews, this.#ended.get(type) ?? NOTHING);
  }

  /** How the workers judge the instances of a type; `null` before they have said. */
  instances(type: string): TypeInstances | null {
    return togetherInstances([...this.#told.values()].flatMap(({ instances }) => instances[type] ?? []));
  }

  #interrupted(type: string, open: ReadonlyMap<string, number>): void {
    const shadow = this.#shadowOf(type);
    for (const [operation, calls] of open) shadow?.ledger.interrupted(operation, calls);
  }

  #absorbLedger(type: string, counted: LedgerSnapshot): void {
    const shadow = this.#shadowOf(type);
    if (shadow !== undefined) return void shadow.ledger.absorb(counted);
    void this.#keep(type, counted);
  }

  /** The config has the type no more, and the last of its calls have ended in a worker. */
  async #keep(type: string, counted: LedgerSnapshot): Promise<void> {
    try {
      const before = this.#store.loadLedger(type);
      const kept = before === undefined ? counted : mergeSnapshots(JSON.parse(before) as LedgerSnapshot, counted);
      await this.#store.saveLedger(type, JSON.stringify(kept));
    } catch (error) {
      this.#parts().counters.add('store_write_failures');
      this.#parts().log(error, 'the last counts of a removed type could not be saved');
    }
  }

  #shadowOf(type: string) {
    const { types, shadowOf } = this.#parts();
    return types.some(({ name }) => name === type) ? shadowOf(type) : undefined;
  }
}

const NOTHING: MirrorView = { pending: 0, stale: 0, twinConflicts: 0 };

function addViews(a: MirrorView, b: MirrorView): MirrorView {
  return {
    pending: a.pending + b.pending,
    stale: a.stale + b.stale,
    twinConflicts: a.twinConflicts + b.twinConflicts,
  };
}

function noteOpen({ open }: Told, type: string, { operations }: LedgerSnapshot): void {
  const ofType = open.get(type) ?? new Map<string, number>();
  open.set(type, ofType);
  for (const counts of operations) {
    const calls = (ofType.get(counts.operation) ?? 0) + counts.eligible - settledCount(counts);
    if (calls === 0) ofType.delete(counts.operation);
    else ofType.set(counts.operation, calls);
  }
}
