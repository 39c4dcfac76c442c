import { type AgentRecord, tasksOf } from './agents.ts';
import { Heap, type HeapItem } from './heap.ts';
import { mayRun, type Need, needKey, needOf } from './match.ts';
import type { TaskRecord } from './tasks.ts';

type Entry = HeapItem & { readonly task: TaskRecord; readonly key: number; readonly lane: Lane };
type Lane = { readonly heap: Heap<Entry>; readonly name: string; readonly need: Need | null };

/**
 * The tasks that wait for an agent.
 *
 * Tasks that any fitting agent may run stand in one lane per need (rehearsal, role, capabilities), so that a
 * freed agent looks at the heads of the lanes it fits and at nothing else. Tasks that name an agent stand in
 * that agent's lane, first in first out. Tasks that took another one's place wait before both.
 *
 * Ageing: a task gains one point of priority for every `ageingMs` it waits. As all gain at the same rate,
 * the order of two waiting tasks never changes, and a key fixed at arrival is enough:
 * `readyAtMs - priority * ageingMs`, smaller first.
 */
export class TaskQueue {
  readonly #ageingMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #shared = new Map<string, Lane>();
  readonly #named = new Map<string, Lane>();
  readonly #reserved = new Map<string, TaskRecord[]>();

  constructor(ageingMs: number) {
    this.#ageingMs = ageingMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(task: TaskRecord): boolean {
    return this.#entries.has(task.spec.id);
  }

  add(task: TaskRecord): void {
    const lane = this.#laneOf(task);
    const entry: Entry = { task, key: this.#keyOf(task), lane, heapIndex: -1 };
    this.#entries.set(task.spec.id, entry);
    lane.heap.push(entry);
  }

  /** Keeps the next free place of an agent for a task that is in no lane. */
  reserve(task: TaskRecord, agentId: string): void {
    const waiting = this.#reserved.get(agentId);
    if (waiting === undefined) this.#reserved.set(agentId, [task]);
    else waiting.push(task);
  }

  /** Gives the tasks back that wait for places of an agent which has none any more. */
  unreserve(agentId: string): readonly TaskRecord[] {
    const tasks = this.#reserved.get(agentId) ?? [];
    this.#reserved.delete(agentId);
    return tasks;
  }

  /** Whether tasks that name this agent wait for it already: a new one must not overtake them. */
  hasNamed(agentId: string): boolean {
    return this.#named.has(agentId) || this.#reserved.has(agentId);
  }

  /** The waiting tasks that name an agent, first come first. */
  named(agentId: string): readonly TaskRecord[] {
    const lane = this.#named.get(agentId);
    if (lane === undefined) return [];
    return [...lane.heap.values()].sort((a, b) => a.task.arrival - b.task.arrival).map((entry) => entry.task);
  }

  remove(task: TaskRecord): void {
    const entry = this.#entries.get(task.spec.id);
    if (entry === undefined) {
      this.#removeReserved(task);
      return;
    }
    this.#entries.delete(task.spec.id);
    entry.lane.heap.remove(entry);
    if (entry.lane.heap.size > 0) return;
    (entry.lane.need === null ? this.#named : this.#shared).delete(entry.lane.name);
  }

  /** Takes out what an agent with a free place should run next. */
  takeFor(agent: AgentRecord): TaskRecord | null {
    const reserved = this.#reserved.get(agent.spec.id)?.[0];
    const task = reserved ?? this.#bestFor(agent)?.task ?? null;
    if (task !== null) this.remove(task);
    return task;
  }

  /** Takes out all that stand in lanes, in the order in which an agent that fits every lane would get them. */
  takeAll(): readonly TaskRecord[] {
    const all: { readonly task: TaskRecord; readonly key: number }[] = [];
    for (const lane of this.#shared.values()) for (const entry of lane.heap.values()) all.push(entry);
    for (const agentId of this.#named.keys()) {
      // However urgent, a task that names an agent comes after those that named it before.
      let key = Number.NEGATIVE_INFINITY;
      for (const task of this.named(agentId)) {
        key = Math.max(key, this.#keyOf(task));
        all.push({ task, key });
      }
    }
    this.#entries.clear();
    this.#shared.clear();
    this.#named.clear();
    return all.sort((a, b) => a.key - b.key || a.task.arrival - b.task.arrival).map(({ task }) => task);
  }

  /** Since when the task that waits longest has been ready; `null` when none waits. */
  oldestReadyAtMs(): number | null {
    let oldest: number | null = null;
    for (const { task } of this.#entries.values()) oldest = Math.min(oldest ?? task.readyAtMs, task.readyAtMs);
    return oldest;
  }

  #bestFor(agent: AgentRecord): Entry | null {
    let best = headFor(agent, this.#named.get(agent.spec.id));
    for (const lane of this.#shared.values()) {
      const head = headFor(agent, lane);
      if (head === null || (best !== null && !isMoreUrgent(head, best))) continue;
      if (mayRun(agent, lane.need as Need)) best = head;
    }
    return best;
  }

  #keyOf(task: TaskRecord): number {
    return task.readyAtMs - task.spec.priority * this.#ageingMs;
  }

  #laneOf(task: TaskRecord): Lane {
    const agentId = task.boundTo;
    if (agentId !== null) return laneIn(this.#named, agentId, null, isBefore);
    const need = needOf(task);
    return laneIn(this.#shared, needKey(need), need, isMoreUrgent);
  }

  #removeReserved(task: TaskRecord): void {
    for (const [agentId, tasks] of this.#reserved) {
      const index = tasks.indexOf(task);
      if (index < 0) continue;
      tasks.splice(index, 1);
      if (tasks.length === 0) this.#reserved.delete(agentId);
      return;
    }
  }
}

/** A task whose last run still occupies the agent cannot start there yet. */
function headFor(agent: AgentRecord, lane: Lane | undefined): Entry | null {
  const head = lane?.heap.peek();
  return head === undefined || tasksOf(agent.status).includes(head.task.spec.id) ? null : head;
}

function laneIn(lanes: Map<string, Lane>, name: string, need: Need | null, before: Order): Lane {
  const known = lanes.get(name);
  if (known !== undefined) return known;
  const lane: Lane = { heap: new Heap(before), name, need };
  lanes.set(name, lane);
  return lane;
}

type Order = (a: Entry, b: Entry) => boolean;

const isBefore: Order = (a, b) => a.task.arrival < b.task.arrival;
const isMoreUrgent: Order = (a, b) => a.key < b.key || (a.key === b.key && isBefore(a, b));
