import { onTestFinished } from 'vitest';
import type { Agent, SpawnRequest } from '../../../src/contract/agents.ts';
import type { KernelEvent } from '../../../src/contract/events.ts';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import type { Task, TaskRequest } from '../../../src/contract/tasks.ts';
import { type KernelConfig, OrchestratorV2 } from '../../../src/kernel/index.ts';
import { ManualStopwatch } from '../hooks/support.ts';
import { FakeClock } from './fake-clock.ts';

export type Rig = {
  readonly kernel: OrchestratorV2;
  readonly clock: FakeClock;
  /** Spawns an agent; `tester` unless the request says otherwise. */
  readonly spawn: (request?: Partial<SpawnRequest>) => Promise<Agent>;
  /** Delegates a task of type `work` unless the request says otherwise. */
  readonly delegate: (request?: Partial<TaskRequest>) => Promise<Task>;
  /** The task as it stands. */
  readonly task: (task: { readonly id: string }) => Task;
  readonly agent: (agent: { readonly id: string }) => Agent;
  /** All events so far. */
  readonly events: () => Promise<readonly KernelEvent[]>;
};

/** A kernel whose time, dice and ids are the test's. Closed when the test ends. */
export function rig(config: KernelConfig = {}, plugins: readonly AnyPlugin[] = []): Rig {
  const clock = config.clock instanceof FakeClock ? config.clock : new FakeClock();
  let ids = 0;
  const kernel = new OrchestratorV2({ random: () => 0.5, newId: () => `id-${++ids}`, ...config, clock }, plugins);
  onTestFinished(() => closed(kernel, clock, config.stopwatch));
  return {
    kernel,
    clock,
    spawn: (request = {}) => kernel.spawnAgent({ role: 'tester', ...request }),
    delegate: (request = {}) => kernel.delegateTask({ type: 'work', ...request }),
    task: ({ id }) => present(kernel.getTask(id), id),
    agent: ({ id }) => present(kernel.getAgent(id), id),
    events: () => eventsOf(kernel),
  };
}

/** Closes a kernel while its time goes on: some of its programs, and plugins that hang, end by force only. */
async function closed(kernel: OrchestratorV2, clock: FakeClock, stopwatch: KernelConfig['stopwatch']): Promise<void> {
  let isClosed = false;
  const closing = kernel.close().finally(() => {
    isClosed = true;
  });
  while (!isClosed) {
    await clock.advance(100);
    if (stopwatch instanceof ManualStopwatch) stopwatch.advance(100);
  }
  await closing;
}

export async function eventsOf(kernel: OrchestratorV2, after = 0): Promise<readonly KernelEvent[]> {
  const events: KernelEvent[] = [];
  if (kernel.events.last <= after) return events;
  for await (const event of kernel.events.since(after)) {
    events.push(event);
    if (event.sequence >= kernel.events.last) break;
  }
  return events;
}

/** `task.started` ... of one subject. */
export async function kindsOf(rig: Rig, subject: { readonly id: string }): Promise<readonly string[]> {
  const events = await rig.events();
  return events
    .filter((event) => (event.kind.startsWith('task.') ? event.taskId : event.agentId) === subject.id)
    .map((event) => event.kind);
}

function present<T>(value: T | null, id: string): T {
  if (value === null) throw new Error(`there is no ${id}`);
  return value;
}
