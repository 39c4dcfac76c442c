import type { KernelEvent } from '../../contract/events.ts';
import type { KeptState } from '../hooks/index.ts';

/** Counts that outlive the process. `sequence`, `token` and `order` are the last numbers given out. */
export type Counters = {
  readonly sequence: number;
  readonly token: number;
  readonly order: number;
  readonly arrival: number;
  /** Numbers tasks and agents in the order they ended, so that the oldest can be forgotten. */
  readonly ended: number;
  readonly delegated: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
};

export const NO_COUNTERS: Counters = {
  sequence: 0,
  token: 0,
  order: 0,
  arrival: 0,
  ended: 0,
  delegated: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
};

/** An agent or task as it is kept: JSON texts, so that a store needs to know nothing of their shape. */
export type Row = {
  readonly id: string;
  /** What never changes. `null`: the row is there already and keeps its own. */
  readonly spec: string | null;
  readonly state: string;
  /** Number in the order of ending; `null` while it lives. */
  readonly ended: number | null;
  /** Idempotency key of a task. */
  readonly key: string | null;
};

export type StoredRow = { readonly id: string; readonly spec: string; readonly state: string };

/** What happened since the last commit. */
export type Batch = {
  readonly agents: readonly Row[];
  readonly tasks: readonly Row[];
  /** Their sequences go on where those of the last batch ended, without gaps. */
  readonly events: readonly KernelEvent[];
  readonly counters: Counters;
};

/** What a new process takes up. Ended agents and tasks stay behind; they are asked for one by one. */
export type Stored = {
  readonly agents: readonly StoredRow[];
  readonly tasks: readonly StoredRow[];
  readonly counters: Counters;
};

export type Kept = {
  readonly eventsMax: number;
  readonly endedTasksMax: number;
  readonly endedAgentsMax: number;
};

/**
 * Where the kernel's agents, tasks and events outlive it. One kernel uses a store at a time.
 * Every driver passes test/kernel/store/contract.ts.
 */
export type KernelStore = {
  load(): Stored;
  /** All of it or nothing; on disk when it returns. Forgets what is beyond `kept`. */
  commit(batch: Batch, kept: Kept): void;
  agent(id: string): StoredRow | null;
  task(id: string): StoredRow | null;
  taskByKey(key: string): StoredRow | null;
  /** The tasks that ended last, newest first. */
  endedTasks(limit: number): readonly StoredRow[];
  endedAgents(limit: number): readonly StoredRow[];
  /** Events after a sequence, oldest first, at least one where there is any, about `limit` of them. */
  events(after: number, limit: number): readonly KernelEvent[];
  /** Events up to and with this sequence are forgotten. */
  forgottenUpTo(): number;
  /** What a plugin of this name left; `null`: nothing. */
  pluginState(name: string): KeptState | null;
  /** On disk when it returns. Forgets what was written longest ago beyond `max`, but nothing of `loaded`. */
  putPluginState(kept: KeptState, loaded: readonly string[], max: number): void;
  close(): void;
};
