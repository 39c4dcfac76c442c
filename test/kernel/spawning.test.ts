import { expect, test } from 'vitest';
import { isV2Id } from '../../src/contract/ids.ts';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import { settled } from './support/fake-clock.ts';
import { kindsOf, rig } from './support/rig.ts';

test('constructing a kernel is enough: the first call starts it', async () => {
  const kernel = new OrchestratorV2({ agentsMax: 50 });
  const agent = await kernel.spawnAgent({ role: 'tester' });
  expect(agent.state).toBe('idle');
  expect(isV2Id(agent.id)).toBe(true);
  await kernel.close();
  await expect(kernel.spawnAgent({ role: 'tester' })).rejects.toMatchObject({ code: 'KERNEL_CLOSED' });
});

test('the caller may choose the id, once', async () => {
  const { spawn } = rig();
  expect((await spawn({ id: 'legacy-7' })).id).toBe('legacy-7');
  await expect(spawn({ id: 'legacy-7' })).rejects.toMatchObject({
    code: 'DUPLICATE_ID',
    message: 'there is an agent with the id "legacy-7" already',
  });
});

test('of two spawns with one id at the same time one is refused', async () => {
  const { spawn, kernel } = rig();
  const outcomes = await Promise.allSettled([spawn({ id: 'x' }), spawn({ id: 'x' })]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(kernel.listAgents()).toHaveLength(1);
});

test('the id of a stopped agent may be used again', async () => {
  const { spawn, kernel } = rig();
  await spawn({ id: 'x', role: 'first' });
  await kernel.shutdownAgent('x');
  await spawn({ id: 'x', role: 'second' });
  expect(kernel.getAgent('x')).toMatchObject({ role: 'second', state: 'idle' });
});

test('a spawn makes two moves, and each makes one event', async () => {
  const kernel = rig();
  const agent = await kernel.spawn();
  expect(await kindsOf(kernel, agent)).toEqual(['agent.spawned', 'agent.ready']);
});

test('the limit counts the states that the config names', async () => {
  const { spawn, delegate } = rig({ agentsMax: 1, agentsCounted: ['idle'] });
  await spawn();
  await expect(spawn()).rejects.toMatchObject({ code: 'AT_CAPACITY', retryAfterMs: expect.any(Number) });
  await delegate();
  await spawn({ id: 'second' });
  await expect(spawn()).rejects.toThrow('1 agents count against agentsMax, which is 1');
});

test('a refused spawn is counted', async () => {
  const { spawn, kernel } = rig({ agentsMax: 0 });
  await expect(spawn()).rejects.toMatchObject({ code: 'AT_CAPACITY' });
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ agentsMax: 1 });
});

test('wrong requests are refused with every place that is wrong', async () => {
  const { kernel } = rig();
  const request = { role: '', tasksMax: 0, color: 'red' } as never;
  await expect(kernel.spawnAgent(request)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await expect(kernel.spawnAgent(request)).rejects.toThrow(/spawnAgent: role: .*; tasksMax: .*; request: .*"color"/);
  await expect(kernel.spawnAgent({ role: 'x', attributes: { big: 1n } })).rejects.toThrow('attributes is no JSON');
});

test('a runtime that nobody named is refused, and those that are there are listed', async () => {
  const { spawn } = rig({ runtimes: { echo: { kind: 'function', run: (task) => task.input } } });
  await expect(spawn({ runtime: 'docker' })).rejects.toThrow('none named "docker"; known are manual, rehearsal, echo');
  await expect(spawn({ runtime: '__proto__' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

test('what the caller changes afterwards in its own request changes nothing in the kernel', async () => {
  const { spawn, agent } = rig();
  const attributes = { tenant: { name: 'a' } };
  const capabilities = ['sql'];
  const spawned = await spawn({ attributes, capabilities });
  attributes.tenant.name = 'b';
  capabilities.push('admin');
  expect(agent(spawned)).toMatchObject({ attributes: { tenant: { name: 'a' } }, capabilities: ['sql'] });
  expect(() => Object.assign(spawned.attributes, { tenant: 'c' })).toThrow('read only');
});

test('an agent that does not start in time is refused, and what still comes of it is stopped', async () => {
  const { kernel, clock, agent } = rig();
  const spawning = kernel.spawnAgent({
    id: 'slow',
    role: 'tester',
    runtime: { kind: 'process', command: '/bin/sleep', args: ['60'] },
    deadlines: { startMs: 500 },
  });
  const refused = expect(spawning).rejects.toMatchObject({ code: 'AGENT_FAILED' });
  await expect.poll(() => clock.pending, { timeout: 30_000 }).toBe(1);
  await clock.advance(500);
  await refused;
  expect(agent({ id: 'slow' })).toMatchObject({ state: 'stopped' });
});

test('an agent that could not start leaves nothing behind', async () => {
  const { kernel, spawn } = rig({ agentsMax: 1 });
  const runtime = { kind: 'process', command: '/no/such/command' } as const;
  await expect(spawn({ id: 'x', runtime })).rejects.toThrow(/agent x did not start: .*127.*not found/s);
  expect(kernel.listAgents()).toEqual([]);
  await spawn({ id: 'x' });
});

test('lists agents in spawn order, by state and role, stopped ones on demand', async () => {
  const { spawn, delegate, kernel } = rig();
  for (const id of ['a', 'b', 'c']) await spawn({ id, role: id === 'b' ? 'builder' : 'tester' });
  await delegate({ agentId: 'c' });
  await kernel.shutdownAgent('a');
  const ids = (filter?: Parameters<typeof kernel.listAgents>[0]) => kernel.listAgents(filter).map(({ id }) => id);
  expect(ids()).toEqual(['b', 'c']);
  expect(ids({ states: ['busy'] })).toEqual(['c']);
  expect(ids({ role: 'builder' })).toEqual(['b']);
  expect(ids({ states: ['stopped', 'idle'] })).toEqual(['a', 'b']);
  expect(kernel.getAgent('nobody')).toBeNull();
});

test('failed agents are kept to be looked at, but not without end', async () => {
  const { spawn, kernel, clock } = rig({ failedAgentsMax: 2, restart: 'temporary' });
  for (const id of ['a', 'b', 'c']) {
    await spawn({ id, deadlines: { heartbeatMs: 100 } });
    kernel.heartbeat(id);
  }
  await clock.advance(100);
  await settled();
  expect(kernel.listAgents().map(({ id, state }) => `${id} ${state}`)).toEqual(['b failed', 'c failed']);
});
