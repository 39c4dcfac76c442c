import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Agent, AgentFunction } from '../../src/contract/agents.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import type { KernelEvent } from '../../src/contract/events.ts';
import type { Task } from '../../src/contract/tasks.ts';
import { MemoryStore, OrchestratorV2 } from '../../src/kernel/index.ts';
import { FakeClock, settled } from './support/fake-clock.ts';
import { eventsOf } from './support/rig.ts';

const AGENTS_MAX = 4;
const QUEUE_MAX = 12;
const FINAL = ['completed', 'failed', 'cancelled'];

/** A kernel, and what a caller was told of it. */
class World {
  readonly store = new MemoryStore();
  clock = new FakeClock();
  kernel = this.#open();
  /** Ids that were acknowledged. */
  readonly tasks: string[] = [];
  readonly agents: string[] = [];
  readonly ended = new Map<string, string>();
  /** Tasks that named an agent and were never touched again: they start in the order of asking. */
  readonly named = new Map<string, string[]>();
  readonly doubled: string[] = [];
  #ids = 0;

  /** The host dies: nothing of the old kernel is heard again, the store is what it was. */
  crash(): void {
    this.clock = new FakeClock(this.clock.now());
    this.kernel = this.#open();
  }

  /** Works until it is told to stop, and notes when a task is worked on twice at once. */
  #hang(under: Set<string>): AgentFunction {
    return (task, { signal }) => {
      if (under.has(task.id)) this.doubled.push(task.id);
      under.add(task.id);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          under.delete(task.id);
          resolve('stopped');
        });
      });
    };
  }

  #open(): OrchestratorV2 {
    return new OrchestratorV2({
      clock: this.clock,
      random: () => 0.3,
      newId: () => `id-${++this.#ids}`,
      store: this.store,
      agentsMax: AGENTS_MAX,
      queueMax: QUEUE_MAX,
      runtimes: {
        echo: { kind: 'function', run: (task) => task.input },
        hang: { kind: 'function', run: this.#hang(new Set()) },
      },
      deadlines: { heartbeatMs: 3_000, runMs: 5_000, queueMs: 20_000, killMs: 100, graceMs: 1_000 },
      restartLimit: { restartsMax: 2, windowMs: 10_000 },
      restartPauseMs: 50,
      eventsKeptMax: 100_000,
      groups: { pair: { strategy: 'rest_for_one' } },
    });
  }
}

const pick = fc.nat(50);
const capabilities = fc.subarray(['sql', 'python']);

/** What a caller may do, as data, so that a failing run can be read. Numbers pick one of what is there. */
const OPERATIONS = {
  spawn: fc.record({
    capabilities,
    tasksMax: fc.constantFrom(1, 1, 2),
    runtime: fc.constantFrom('manual', 'manual', 'echo', 'hang'),
    group: fc.constantFrom(undefined, undefined, 'pair'),
    role: fc.constantFrom('a', 'b'),
    restart: fc.constantFrom('transient', 'temporary', 'permanent'),
  }),
  delegate: fc.record({
    capabilities,
    priority: fc.constantFrom(0, 50, 100),
    role: fc.constantFrom(undefined, undefined, 'a'),
    whenBusy: fc.constantFrom('enqueue', 'enqueue', 'reject', 'interrupt', 'replace'),
    strategy: fc.constantFrom('first_free', 'least_loaded', 'round_robin', 'affinity', 'priority'),
    attemptsMax: fc.constantFrom(1, 2),
    whenInterrupted: fc.constantFrom('redrive', 'fail'),
    agent: fc.option(pick, { nil: undefined }),
    parent: fc.option(pick, { nil: undefined, freq: 3 }),
    needs: fc.option(fc.record({ task: pick, otherwise: fc.constantFrom('fail', 'cancel', 'run') }), {
      nil: undefined,
      freq: 3,
    }),
  }),
  complete: fc.record({ task: pick }),
  fail: fc.record({ task: pick, retryable: fc.boolean() }),
  cancel: fc.record({ task: pick }),
  reassign: fc.record({ task: pick, agent: fc.option(pick, { nil: undefined }) }),
  heartbeat: fc.record({ agent: pick }),
  shutdown: fc.record({ agent: pick, graceful: fc.boolean(), unfinished: fc.constantFrom('cancel', 'redrive') }),
  wait: fc.record({ ms: fc.constantFrom(10, 200, 1_500, 4_000) }),
  crash: fc.constant({}),
};

type Operations = { [K in keyof typeof OPERATIONS]: (typeof OPERATIONS)[K] extends fc.Arbitrary<infer T> ? T : never };
type Doing = { [K in keyof Operations]: (world: World, how: Operations[K]) => Promise<unknown> };

const DO: Doing = {
  async spawn(world, { group, ...request }) {
    const agent = await world.kernel.spawnAgent({ ...request, ...(group === undefined ? {} : { group }) });
    world.agents.push(agent.id);
  },
  async delegate(world, { agent, parent, needs, attemptsMax, role, ...request }) {
    const agentId = nth(world.agents, agent);
    const parentId = nth(world.tasks, parent);
    const taskId = nth(world.tasks, needs?.task);
    const task = await world.kernel.delegateTask({
      type: 'work',
      ...request,
      retry: { attemptsMax, pauseMs: 100 },
      ...(role === undefined ? {} : { role }),
      ...(agentId === undefined ? {} : { agentId, whenBusy: 'enqueue' }),
      ...(parentId === undefined ? {} : { parentId }),
      ...(taskId === undefined || needs === undefined ? {} : { dependsOn: [{ taskId, otherwise: needs.otherwise }] }),
    });
    world.tasks.push(task.id);
    if (agentId === undefined || taskId !== undefined) return;
    world.named.set(agentId, [...(world.named.get(agentId) ?? []), task.id]);
  },
  async complete(world, { task: n }) {
    const task = nth(running(world), n);
    if (task?.token != null) await world.kernel.completeTask(task.id, { result: n, token: task.token });
  },
  async fail(world, { task: n, retryable }) {
    const task = nth(running(world), n);
    if (task !== undefined) await world.kernel.failTask(task.id, { message: 'no', retryable });
  },
  async cancel(world, { task }) {
    await world.kernel.cancelTask(nth(world.tasks, task) ?? 'nobody');
  },
  async reassign(world, { task, agent }) {
    const id = nth(world.tasks, task) ?? 'nobody';
    forgetOrder(world, id);
    await world.kernel.reassign(id, nth(world.agents, agent) ?? null);
  },
  async heartbeat(world, { agent }) {
    world.kernel.heartbeat(nth(world.agents, agent) ?? 'nobody');
  },
  async shutdown(world, { agent, graceful, unfinished }) {
    // Not awaited: a graceful one ends when time passes.
    world.kernel.shutdownAgent(nth(world.agents, agent) ?? 'nobody', { graceful, unfinished }).catch(refused);
  },
  async wait(world, { ms }) {
    await world.clock.advance(ms);
  },
  async crash(world) {
    world.crash();
    await world.kernel.start();
  },
};

const WEIGHTS: Record<keyof Operations, number> = {
  spawn: 4,
  delegate: 10,
  complete: 6,
  fail: 3,
  cancel: 2,
  reassign: 2,
  heartbeat: 1,
  shutdown: 2,
  wait: 3,
  crash: 1,
};

const operation = fc.oneof(
  ...(Object.keys(OPERATIONS) as (keyof Operations)[]).map((name) => ({
    weight: WEIGHTS[name],
    arbitrary: fc.tuple(fc.constant(name), OPERATIONS[name] as fc.Arbitrary<object>),
  })),
);

test('whatever is asked of it in whatever order, the kernel keeps its promises', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 60 }), async (operations) => {
      const world = new World();
      for (const [name, how] of operations) {
        await DO[name](world, how as never).catch(refused);
        await quiet(world);
        await holds(world);
      }
      await finish(world);
      await quiet(world);
      await holds(world);
      expect(world.tasks.map((id) => world.kernel.getTask(id)?.state).filter((state) => !isFinal(state))).toEqual([]);
      await world.kernel.close();
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 400) },
  );
});

/** Function agents go on by themselves, from commit to commit: waits until nothing moves any more. */
async function quiet(world: World): Promise<void> {
  let before = -1;
  while (before !== world.kernel.events.last) {
    before = world.kernel.events.last;
    await settled();
  }
}

/** Lets time pass until every deadline has rung. */
async function finish(world: World): Promise<void> {
  for (let i = 0; i < 40; i++) {
    for (const task of running(world)) await world.kernel.completeTask(task.id).catch(refused);
    await world.clock.advance(2_000);
  }
}

async function holds(world: World): Promise<void> {
  const agents = world.kernel.listAgents();
  const tasks = world.kernel.listTasks();
  limitHolds(agents);
  placesMatch(agents, tasks);
  nobodyWaitsInVain(agents, tasks);
  endsAreForEver(world);
  const events = await eventsOf(world.kernel);
  eventsAreMoves(events, agents, tasks);
  namedTasksStartInOrder(world, events);
  await countsMatch(world, agents, tasks);
  expect(world.doubled).toEqual([]);
}

function limitHolds(agents: readonly Agent[]): void {
  const counted = agents.filter((agent) => agent.state !== 'failed' && agent.state !== 'stopped');
  expect(counted.length).toBeLessThanOrEqual(AGENTS_MAX);
  for (const agent of agents) expect(agent.taskIds.length).toBeLessThanOrEqual(agent.tasksMax);
}

/** A running task stands on exactly one agent, which knows of it. */
function placesMatch(agents: readonly Agent[], tasks: readonly Task[]): void {
  for (const task of tasks) {
    if (task.state !== 'running') continue;
    const agent = agents.find(({ id }) => id === task.agentId);
    expect(agent?.taskIds).toContain(task.id);
    expect(task.capabilities.every((capability) => agent?.capabilities.includes(capability))).toBe(true);
    const tokens = task.attempts.map(({ token }) => token);
    expect(tokens).toEqual([...new Set(tokens)].toSorted((a, b) => a - b));
    expect(task.token).toBe(tokens.at(-1));
  }
}

/** No task that never ran waits while an agent that may run it has a free place. */
function nobodyWaitsInVain(agents: readonly Agent[], tasks: readonly Task[]): void {
  const free = agents.filter(
    (agent) => ['idle', 'busy'].includes(agent.state) && agent.taskIds.length < agent.tasksMax,
  );
  for (const task of tasks) {
    if (task.state !== 'queued' || task.attempts.length > 0) continue;
    const fitting = free.filter(
      (agent) =>
        (task.agentId === null || agent.id === task.agentId) &&
        (task.role === null || agent.role === task.role) &&
        task.capabilities.every((capability) => agent.capabilities.includes(capability)),
    );
    expect(fitting, `task ${task.id} waits while ${fitting[0]?.id} is free`).toEqual([]);
  }
}

function endsAreForEver(world: World): void {
  for (const id of world.tasks) {
    const task = world.kernel.getTask(id);
    expect(task, `task ${id} was acknowledged and is lost`).not.toBeNull();
    if (task === null) continue;
    if (world.ended.has(id)) expect(task.state).toBe(world.ended.get(id));
    if (isFinal(task.state)) world.ended.set(id, task.state);
    const parent = task.parentId === null ? null : world.kernel.getTask(task.parentId);
    if (parent?.state === 'cancelled' || parent?.state === 'failed') expect(isFinal(task.state)).toBe(true);
  }
}

/** Every move made one event, and no event was no move: the events of a subject are a chain that ends where it stands. */
function eventsAreMoves(events: readonly KernelEvent[], agents: readonly Agent[], tasks: readonly Task[]): void {
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
  const last = new Map<string, string>();
  for (const event of events) {
    const subject = event.kind.startsWith('task.') ? `task ${event.taskId}` : `agent ${event.agentId}`;
    expect(event.from, `${event.kind} of ${subject}`).toBe(last.get(subject) ?? null);
    last.set(subject, event.to);
  }
  for (const agent of agents) expect(last.get(`agent ${agent.id}`)).toBe(agent.state);
  for (const task of tasks) expect(last.get(`task ${task.id}`)).toBe(task.state);
}

function namedTasksStartInOrder(world: World, events: readonly KernelEvent[]): void {
  const started = events.filter((event) => event.kind === 'task.started').map((event) => event.taskId);
  for (const ids of world.named.values()) {
    const first = ids.map((id) => started.indexOf(id)).filter((at) => at >= 0);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
  }
}

async function countsMatch(world: World, agents: readonly Agent[], tasks: readonly Task[]): Promise<void> {
  const health = await world.kernel.getHealthStatus();
  for (const state of ['starting', 'idle', 'busy', 'stopping', 'failed'] as const) {
    expect(health.agents.byState[state], state).toBe(agents.filter((agent) => agent.state === state).length);
  }
  for (const state of ['waiting', 'queued', 'running'] as const) {
    expect(health.tasks.byState[state], state).toBe(tasks.filter((task) => task.state === state).length);
  }
  expect(health.tasks.delegatedEver).toBe(world.tasks.length);
}

function running(world: World): readonly Task[] {
  return world.kernel.listTasks({ states: ['running'] });
}

function isFinal(state: string | undefined): boolean {
  return state !== undefined && FINAL.includes(state);
}

function forgetOrder(world: World, taskId: string): void {
  for (const [agentId, ids] of world.named) {
    world.named.set(
      agentId,
      ids.filter((id) => id !== taskId),
    );
  }
}

function nth<T>(list: readonly T[], n: number | undefined): T | undefined {
  return n === undefined ? undefined : list[n % Math.max(1, list.length)];
}

/** A refusal with a code is an answer; anything else is a defect. */
function refused(error: unknown): void {
  if (!(error instanceof BanyanError) || error.code === 'INTERNAL') throw error;
}
