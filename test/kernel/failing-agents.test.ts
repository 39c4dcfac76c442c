import { expect, test, vi } from 'vitest';
import { MemoryStore } from '../../src/kernel/index.ts';
import { Connections } from './support/connections.ts';
import { settled } from './support/fake-clock.ts';
import { program } from './support/program.ts';
import { kindsOf, rig } from './support/rig.ts';

const SILENT = { heartbeatMs: 1_000 };

test('an agent that is silent while it works is lost; its task goes elsewhere and it is started again', async () => {
  const kernel = rig({ strategy: 'first_free', restartPauseMs: 0 });
  const [first, second] = [await kernel.spawn({ deadlines: SILENT }), await kernel.spawn()];
  const running = await kernel.delegate();
  await kernel.clock.advance(1_000);
  expect(kernel.task(running)).toMatchObject({ state: 'running', agentId: second.id });
  expect(kernel.task(running).attempts[0]).toMatchObject({ end: 'interrupted', error: { code: 'heartbeat_lost' } });
  expect(kernel.agent(first)).toMatchObject({ state: 'idle', restarts: 1 });
  expect((await kindsOf(kernel, first)).slice(2)).toEqual([
    'agent.assigned',
    'agent.failed',
    'agent.restarting',
    'agent.ready',
  ]);
});

test('heartbeats keep an agent alive, and reports are signs of life too', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig();
  const spawned = await spawn({ deadlines: SILENT });
  let task = await delegate();
  for (let i = 0; i < 5; i++) {
    await clock.advance(900);
    if (i % 2 === 0) kernel.heartbeat(spawned.id);
    else {
      await kernel.completeTask(task.id);
      task = await delegate();
    }
  }
  expect(agent(spawned)).toMatchObject({ state: 'busy', restarts: 0 });
});

test('an idle agent is missed only once it has ever sent a heartbeat', async () => {
  const { spawn, kernel, clock, agent } = rig({ restart: 'temporary' });
  const [mute, talking] = [await spawn({ deadlines: SILENT }), await spawn({ deadlines: SILENT })];
  kernel.heartbeat(talking.id);
  await clock.advance(10_000);
  expect([agent(mute).state, agent(talking).state]).toEqual(['idle', 'failed']);
});

test('a function agent is not watched: it lives as long as the kernel does', async () => {
  const { spawn, delegate, clock, agent, task } = rig();
  const spawned = await spawn({
    deadlines: SILENT,
    runtime: { kind: 'function', run: () => new Promise(() => undefined) },
  });
  const running = await delegate();
  await clock.advance(20_000);
  expect([agent(spawned).state, task(running).state]).toEqual(['busy', 'running']);
});

test('whenInterrupted fail: the task fails with its agent', async () => {
  const { spawn, delegate, clock, task } = rig();
  await spawn({ deadlines: SILENT });
  const running = await delegate({ whenInterrupted: 'fail' });
  await clock.advance(1_000);
  expect(task(running)).toMatchObject({ state: 'failed', error: { code: 'heartbeat_lost' } });
});

test('a task that outlives too many agents is failed: it may be what kills them', async () => {
  const { spawn, delegate, clock, task } = rig({
    redrivesMax: 2,
    restartPauseMs: 0,
    restartLimit: { restartsMax: 99 },
  });
  await spawn({ deadlines: SILENT });
  const deadly = await delegate();
  await clock.advance(10_000);
  expect(task(deadly)).toMatchObject({ state: 'failed', attemptsEver: 3, error: { code: 'interrupted_too_often' } });
});

test('a temporary agent stays failed, and what names it fails', async () => {
  const { spawn, delegate, clock, agent, task } = rig();
  const { id } = await spawn({ restart: 'temporary', deadlines: SILENT });
  const [running, waiting] = [await delegate({ agentId: id }), await delegate({ agentId: id })];
  await clock.advance(1_000);
  expect(agent({ id })).toMatchObject({ state: 'failed', error: { code: 'heartbeat_lost' } });
  expect([task(running).error?.code, task(waiting).error?.code]).toEqual(['agent_failed', 'agent_failed']);
});

test('an agent that fails again and again is given up, and an alert stands until it is shut down', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig({ restartLimit: { restartsMax: 1 }, restartPauseMs: 0 });
  const { id } = await spawn({ deadlines: SILENT });
  await delegate();
  await clock.advance(1_000);
  expect(agent({ id })).toMatchObject({ state: 'busy', restarts: 1 });
  await clock.advance(1_000);
  expect(agent({ id }).state).toBe('failed');
  const health = await kernel.getHealthStatus();
  expect(health.state).toBe('unhealthy');
  expect(health.reasons).toContain(`agent ${id}: its supervision group failed more often than its limit allows`);
  await kernel.shutdownAgent(id);
  expect((await kernel.getHealthStatus()).state).toBe('healthy');
});

test('rest_for_one: the agents spawned after the one that failed are started again too, in order', async () => {
  const kernel = rig({ groups: { chain: { strategy: 'rest_for_one' } }, restartPauseMs: 0 });
  const [first, second, third] = [
    await kernel.spawn({ group: 'chain' }),
    await kernel.spawn({ group: 'chain', deadlines: SILENT, capabilities: ['x'] }),
    await kernel.spawn({ group: 'chain', capabilities: ['y'] }),
  ];
  const onThird = await kernel.delegate({ capabilities: ['y'] });
  await kernel.delegate({ capabilities: ['x'], whenInterrupted: 'fail' });
  await kernel.clock.advance(1_000);
  await settled();
  expect([first, second, third].map((agent) => kernel.agent(agent).restarts)).toEqual([0, 1, 1]);
  expect(kernel.task(onThird)).toMatchObject({ state: 'running', attemptsEver: 2, agentId: third.id });
});

test('a group that is given up takes its members with it, and their tasks go elsewhere', async () => {
  const { spawn, delegate, kernel, clock, agent, task } = rig({
    groups: { pair: { strategy: 'one_for_one', restartsMax: 0 } },
    strategy: 'first_free',
  });
  const [failing, fellow, stranger] = [
    await spawn({ group: 'pair', deadlines: SILENT }),
    await spawn({ group: 'pair' }),
    await spawn(),
  ];
  await delegate({ agentId: failing.id });
  const carried = await delegate();
  await clock.advance(1_000);
  await settled();
  expect([agent(failing).state, agent(fellow).state]).toEqual(['failed', 'stopped']);
  expect(task(carried)).toMatchObject({ state: 'running', agentId: stranger.id });
  const health = await kernel.getHealthStatus();
  expect(health).toMatchObject({ state: 'degraded' });
  expect(health.reasons).toContain('group pair: its supervision group failed more often than its limit allows');
});

test('an agent that is shut down during its pause is not started again', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig({ restartPauseMs: 1_000, random: () => 0.9 });
  const { id } = await spawn({ deadlines: SILENT });
  await delegate();
  await clock.advance(1_000);
  expect(agent({ id }).state).toBe('starting');
  await kernel.shutdownAgent(id);
  await clock.advance(10_000);
  expect(agent({ id }).state).toBe('stopped');
});

test('an agent that fails with a task and its child on it: the child is cancelled, the task goes elsewhere', async () => {
  const { spawn, delegate, clock, task } = rig({ strategy: 'first_free' });
  const [first, second] = [await spawn({ tasksMax: 2, deadlines: SILENT }), await spawn()];
  const parent = await delegate({ agentId: first.id });
  const child = await delegate({ agentId: first.id, parentId: parent.id });
  const free = await delegate();
  await clock.advance(1_000);
  expect(task(child)).toMatchObject({ state: 'cancelled' });
  expect(task(free)).toMatchObject({ state: 'running', agentId: second.id });
  expect(task(parent).attempts[0]).toMatchObject({ end: 'interrupted' });
});

test('a sign of life is seen at once, and what was looked at before stays as it was', async () => {
  const kernel = rig();
  const { id } = await kernel.spawn();
  const before = kernel.agent({ id });
  const { lastActivityAtMs } = before;
  await kernel.clock.advance(500);
  kernel.kernel.heartbeat(id);
  expect(kernel.agent({ id }).lastActivityAtMs).toBe(lastActivityAtMs + 500);
  expect(before.lastActivityAtMs).toBe(lastActivityAtMs);
});

test('rest_for_one leaves an agent alone whose spawn is under way', async () => {
  const connections = await Connections.open();
  const { spawn, delegate, kernel, clock, agent } = rig({
    groups: { chain: { strategy: 'rest_for_one' } },
    restartPauseMs: 0,
  });
  const first = await spawn({ group: 'chain', deadlines: SILENT });
  await delegate();
  const spawning = spawn({ id: 'next', role: 'echo', group: 'chain', runtime: program('called', connections.port) });
  const next = await connections.nth(0);
  await clock.advance(1_000);
  expect(agent(first).restarts).toBe(1);
  next.write('be ready');
  expect(await spawning).toMatchObject({ state: 'idle', restarts: 0 });
  const { id } = await delegate({ type: 'echo', role: 'echo', input: 'heard' });
  expect(await kernel.waitForTask(id)).toMatchObject({ state: 'completed', result: 'heard' });
});

test('rest_for_one brings back neither a temporary agent nor one that was left failed', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig({
    agentsMax: 3,
    groups: { chain: { strategy: 'rest_for_one' } },
    restartPauseMs: 0,
  });
  const first = await spawn({ id: 'first', group: 'chain', deadlines: { heartbeatMs: 2_000 } });
  const failed = await spawn({ id: 'failed', group: 'chain', restart: 'temporary', deadlines: SILENT });
  const lasting = await spawn({ id: 'lasting', group: 'chain', restart: 'temporary' });
  await delegate({ agentId: failed.id, whenInterrupted: 'fail' });
  await clock.advance(1_000);
  await spawn({ id: 'instead' });
  await delegate({ agentId: first.id, whenInterrupted: 'fail' });
  await clock.advance(2_000);
  expect([first, failed, lasting].map((one) => `${agent(one).state} ${agent(one).restarts}`)).toEqual([
    'idle 1',
    'failed 0',
    'idle 0',
  ]);
  expect((await kernel.getHealthStatus()).agents.counted).toBe(3);
});

test('an agent that takes over an id is watched from its own first task on', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig({ restart: 'temporary' });
  await spawn({ id: 'a1', deadlines: SILENT });
  await kernel.completeTask((await delegate()).id);
  await kernel.shutdownAgent('a1');
  await spawn({ id: 'a1', deadlines: SILENT });
  await delegate();
  await clock.advance(1_000);
  expect(agent({ id: 'a1' }).state).toBe('failed');
});

test('an idle agent that has sent heartbeats is missed after each restart too', async () => {
  const { spawn, kernel, clock, agent } = rig({ restartPauseMs: 0 });
  const { id } = await spawn({ deadlines: SILENT });
  kernel.heartbeat(id);
  for (const restarts of [1, 2, 3]) {
    await clock.advance(1_000);
    expect(agent({ id })).toMatchObject({ state: 'idle', restarts });
  }
});

test('a group that is given up while the store fails: what could not be acknowledged is logged', async () => {
  const store = new MemoryStore();
  const logged: string[] = [];
  const { spawn, delegate, clock, agent } = rig({
    store,
    groups: { pair: { strategy: 'one_for_one', restartsMax: 0 } },
    log: (level, message, { agentId }) => logged.push(`${level} ${agentId} ${message}`),
  });
  const failing = await spawn({ id: 'failing', group: 'pair', deadlines: SILENT });
  await spawn({ id: 'fellow', group: 'pair' });
  await delegate({ agentId: failing.id });
  const commit = vi.spyOn(store, 'commit').mockImplementation(() => {
    throw new Error('disk full');
  });
  await clock.advance(1_000);
  expect(logged).toEqual([
    "warn fellow the shutdown of agent fellow was not acknowledged: the kernel's store could not commit: disk full",
  ]);
  commit.mockRestore();
  await clock.advance(10_000);
  expect(agent({ id: 'fellow' }).state).toBe('stopped');
});

test('the alert of a group stands until its last agent is gone, and its restarts are forgotten with that', async () => {
  const { spawn, delegate, kernel, clock, agent } = rig({
    groups: { pair: { strategy: 'one_for_one', restartsMax: 1 } },
    restartPauseMs: 0,
  });
  const standing = async () => (await kernel.getHealthStatus()).alerts.map(({ id }) => id);
  const fail = async (id: string) => {
    await spawn({ id, group: 'pair', deadlines: SILENT });
    await delegate({ agentId: id, whenInterrupted: 'fail' });
    await clock.advance(1_000);
  };
  await fail('a');
  await spawn({ id: 'b', group: 'pair' });
  await delegate({ agentId: 'a', whenInterrupted: 'fail' });
  await clock.advance(1_000);
  await settled();
  expect([agent({ id: 'a' }).state, agent({ id: 'b' }).state]).toEqual(['failed', 'stopped']);
  expect(await standing()).toEqual(['kernel:given_up:group pair']);
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ restartsMax: 1 });
  await kernel.shutdownAgent('a');
  expect(await standing()).toEqual([]);
  await fail('c');
  expect(agent({ id: 'c' })).toMatchObject({ state: 'idle', restarts: 1 });
});

test('an agent that starts again counts against the limit, whatever the config counts', async () => {
  const { spawn, kernel, clock, agent } = rig({
    agentsMax: 1,
    agentsCounted: ['idle'],
    restartPauseMs: 1_000,
    random: () => 0.9,
  });
  const { id } = await spawn({ deadlines: SILENT });
  kernel.heartbeat(id);
  await clock.advance(1_000);
  expect(agent({ id }).state).toBe('starting');
  await expect(spawn()).rejects.toMatchObject({ code: 'AT_CAPACITY' });
});
