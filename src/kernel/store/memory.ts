import type { KernelEvent } from '../../contract/events.ts';
import type { KeptState } from '../hooks/index.ts';
import {
  type Batch,
  type Counters,
  type Kept,
  type KernelStore,
  NO_COUNTERS,
  type Row,
  type StoredRow,
} from './store.ts';

/** Keeps everything in this process: for tests, rehearsals and whoever needs nothing to outlive a kernel. */
export class MemoryStore implements KernelStore {
  readonly #agents = new Table();
  readonly #tasks = new Table();
  readonly #pluginStates = new Map<string, KeptState>();
  #events: KernelEvent[] = [];
  #forgotten = 0;
  #counters: Counters = NO_COUNTERS;

  load() {
    return { agents: this.#agents.live(), tasks: this.#tasks.live(), counters: this.#counters };
  }

  commit(batch: Batch, kept: Kept): void {
    this.#agents.put(batch.agents, kept.endedAgentsMax);
    this.#tasks.put(batch.tasks, kept.endedTasksMax);
    for (const event of batch.events) this.#events.push(event);
    this.#counters = batch.counters;
    // Only at twice the bound, so that forgetting costs a constant per event.
    if (this.#events.length > 2 * kept.eventsMax) this.#forget(kept.eventsMax);
  }

  agent(id: string): StoredRow | null {
    return this.#agents.get(id);
  }

  task(id: string): StoredRow | null {
    return this.#tasks.get(id);
  }

  taskByKey(key: string): StoredRow | null {
    return this.#tasks.byKey(key);
  }

  endedTasks(limit: number): readonly StoredRow[] {
    return this.#tasks.ended(limit);
  }

  endedAgents(limit: number): readonly StoredRow[] {
    return this.#agents.ended(limit);
  }

  events(after: number, limit: number): readonly KernelEvent[] {
    const from = Math.max(0, after - this.#forgotten);
    return this.#events.slice(from, from + limit);
  }

  forgottenUpTo(): number {
    return this.#forgotten;
  }

  pluginState(name: string): KeptState | null {
    return this.#pluginStates.get(name) ?? null;
  }

  putPluginState(kept: KeptState, loaded: readonly string[], max: number): void {
    // A Map keeps the order of insertion: the newest stands last.
    this.#pluginStates.delete(kept.name);
    this.#pluginStates.set(kept.name, kept);
    const gone = [...this.#pluginStates.keys()].toReversed().slice(max);
    for (const name of gone) if (!loaded.includes(name)) this.#pluginStates.delete(name);
  }

  close(): void {}

  #forget(eventsMax: number): void {
    this.#forgotten += this.#events.length - eventsMax;
    this.#events = this.#events.slice(-eventsMax);
  }
}

type EndingRow = StoredRow & { readonly ended: number | null; readonly key: string | null };

/** Rows by id; the ended ones also in the order they ended. */
class Table {
  readonly #rows = new Map<string, EndingRow>();
  readonly #keys = new Map<string, string>();
  /** A Map keeps the order of insertion, and rows end in order. */
  readonly #ended = new Map<string, EndingRow>();

  put(rows: readonly Row[], endedMax: number): void {
    for (const row of rows) this.#putOne(row);
    for (const row of this.#ended.values()) {
      if (this.#ended.size <= endedMax) break;
      this.#remove(row);
    }
  }

  get(id: string): StoredRow | null {
    return this.#rows.get(id) ?? null;
  }

  byKey(key: string): StoredRow | null {
    const id = this.#keys.get(key);
    return id === undefined ? null : this.get(id);
  }

  live(): readonly StoredRow[] {
    return [...this.#rows.values()].filter((row) => row.ended === null);
  }

  ended(limit: number): readonly StoredRow[] {
    return [...this.#ended.values()].reverse().slice(0, limit);
  }

  #putOne(row: Row): void {
    const spec = row.spec ?? this.#rows.get(row.id)?.spec ?? '';
    const kept: EndingRow = { id: row.id, spec, state: row.state, ended: row.ended, key: row.key };
    this.#ended.delete(row.id);
    this.#rows.set(row.id, kept);
    if (row.key !== null) this.#keys.set(row.key, row.id);
    if (row.ended !== null) this.#ended.set(row.id, kept);
  }

  #remove(row: EndingRow): void {
    this.#ended.delete(row.id);
    this.#rows.delete(row.id);
    if (row.key !== null) this.#keys.delete(row.key);
  }
}
