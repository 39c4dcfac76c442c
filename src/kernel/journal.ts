import { BanyanError } from '../contract/errors.ts';
import type { KernelEvent } from '../contract/events.ts';
import type { AgentRecord } from './agents.ts';
import type { Clock } from './clock.ts';
import { kernelClosed } from './closed.ts';
import { agentRow, taskRow } from './store/rows.ts';
import type { Counters, Kept, KernelStore, Row } from './store/store.ts';
import type { TaskRecord } from './tasks.ts';

/** More than are given out between two commits. */
const TOKENS_AHEAD = 1_000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 5_000;

export type JournalEvents = {
  readonly storeFailing: (message: string | null) => void;
  readonly committed: (sequence: number) => void;
};

type Durable = { readonly promise: Promise<void>; resolve(): void; reject(error: unknown): void };

/**
 * The way from memory to disk. What the kernel notes in one turn of the event loop becomes one commit, with
 * one fsync; each agent and task is written once a commit, as it stands by then, however often it moved.
 * What must not happen before its record is durable (answers, runs, events, hooks) waits here for the commit.
 *
 * While the store fails nothing is forgotten: the commit is tried again and again, with what came since.
 */
export class Journal {
  readonly #store: KernelStore;
  readonly #clock: Clock;
  readonly #kept: Kept;
  readonly #on: JournalEvents;
  readonly counters: { -readonly [K in keyof Counters]: Counters[K] };
  #agents = new Set<AgentRecord>();
  #tasks = new Set<TaskRecord>();
  #events: KernelEvent[] = [];
  #after: (() => void)[] = [];
  #durable: Durable | null = null;
  #scheduled = false;
  #retryMs = RETRY_MS;
  #disarm: (() => void) | null = null;
  #failing: string | null = null;
  #isClosed = false;
  commits = 0;

  constructor(store: KernelStore, clock: Clock, kept: Kept, counters: Counters, on: JournalEvents) {
    this.#store = store;
    this.#clock = clock;
    this.#kept = kept;
    this.counters = { ...counters };
    this.#on = on;
  }

  /** Why the store fails; `null`: it works. */
  get failing(): string | null {
    return this.#failing;
  }

  /** @throws {BanyanError} KERNEL_CLOSED */
  mustBeOpen(): void {
    if (this.#isClosed) throw kernelClosed();
  }

  /** @throws {BanyanError} STORE_FAILED, KERNEL_CLOSED: nothing new is begun that could not be made durable. */
  mustWork(): void {
    this.mustBeOpen();
    if (this.#failing !== null) throw new BanyanError('STORE_FAILED', `the kernel's store fails: ${this.#failing}`);
  }

  noteAgent(record: AgentRecord, event: KernelEvent): void {
    this.#agents.add(record);
    this.#note(event);
  }

  noteTask(record: TaskRecord, event: KernelEvent): void {
    this.#tasks.add(record);
    this.#note(event);
  }

  /** A change that is no move: a heartbeat, a counter. */
  touch(record: TaskRecord): void {
    this.#tasks.add(record);
    this.#schedule();
  }

  /** Calls `then` once all that is noted so far is durable, in the order of asking. */
  afterCommit(then: () => void): void {
    this.#after.push(then);
    this.#schedule();
  }

  /** Resolves once all that is noted so far is durable. */
  durable(): Promise<void> {
    if (this.#isClean()) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(kernelClosed());
    this.#durable ??= Promise.withResolvers<void>();
    return this.#durable.promise;
  }

  /** Commits now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#isClosed || this.#isClean()) return;
    try {
      this.#store.commit(this.#batch(), this.#kept);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#committed();
  }

  /** Commits what there is; what comes later is neither kept nor tried. */
  close(): void {
    this.#disarm?.();
    this.flush();
    this.#disarm?.();
    this.#isClosed = true;
  }

  #note(event: KernelEvent): void {
    this.#events.push(event);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#failing !== null || this.#isClosed) return;
    this.#scheduled = true;
    // After everything else that this turn of the loop brings: those calls share the commit.
    setImmediate(() => this.flush());
  }

  #batch() {
    const { counters } = this;
    const agents: Row[] = [];
    for (const record of this.#agents) agents.push(agentRow(record, counters));
    const tasks: Row[] = [];
    for (const record of this.#tasks) tasks.push(taskRow(record, counters));
    // Some tokens are out before their attempts are recorded: a later process begins beyond them.
    return { agents, tasks, events: this.#events, counters: { ...counters, token: counters.token + TOKENS_AHEAD } };
  }

  #committed(): void {
    const after = this.#after;
    const durable = this.#durable;
    this.#forgetNoted();
    this.commits += 1;
    if (this.#failing !== null) this.#recovered();
    this.#on.committed(this.counters.sequence);
    durable?.resolve();
    for (const then of after) callApart(then);
  }

  #forgetNoted(): void {
    for (const record of this.#agents) record.isStored = true;
    for (const record of this.#tasks) record.isStored = true;
    this.#agents = new Set();
    this.#tasks = new Set();
    this.#events = [];
    this.#after = [];
    this.#durable = null;
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const isFirst = this.#failing === null;
    this.#failing = message;
    const durable = this.#durable;
    this.#durable = null;
    durable?.reject(
      new BanyanError('STORE_FAILED', `the kernel's store could not commit: ${message}`, { cause: error }),
    );
    this.#disarm?.();
    this.#disarm = this.#clock.after(this.#retryMs, () => this.flush());
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
    if (isFirst) this.#on.storeFailing(message);
  }

  #recovered(): void {
    this.#failing = null;
    this.#retryMs = RETRY_MS;
    this.#on.storeFailing(null);
  }

  #isClean(): boolean {
    return this.#agents.size + this.#tasks.size + this.#events.length + this.#after.length === 0;
  }
}

/** A defect of one must not keep the others from hearing of the commit; it still ends the process. */
function callApart(then: () => void): void {
  try {
    then();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
