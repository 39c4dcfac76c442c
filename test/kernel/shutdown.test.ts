import { expect, onTestFinished, test, vi } from 'vitest';
import { RUNTIMES } from '../../src/kernel/runtimes/registry.ts';
import type { Session } from '../../src/kernel/runtimes/runtime.ts';
import { Connections } from './support/connections.ts';
import { settled } from './support/fake-clock.ts';
import { program } from './support/program.ts';
import { kindsOf, rig } from './support/rig.ts';

test('a graceful shutdown waits for the task that runs, and takes nothing new', async () => {
  const { spawn, delegate, kernel, task } = rig();
  const { id } = await spawn();
  const running = await delegate();
  const stopping = kernel.shutdownAgent(id);
  await settled();
  expect(kernel.getAgent(id)?.state).toBe('stopping');
  expect(await delegate()).toMatchObject({ state: 'queued' });
  await kernel.completeTask(running.id);
  expect(await stopping).toMatchObject({ state: 'stopped' });
  expect(task(running).state).toBe('completed');
  expect(kernel.getAgent(id)?.state).toBe('stopped');
});

test('a graceful shutdown waits no longer than its grace; then the task is cancelled', async () => {
  const { spawn, delegate, kernel, clock, task } = rig();
  const { id } = await spawn({ deadlines: { heartbeatMs: 'never' } });
  const running = await delegate();
  const stopping = kernel.shutdownAgent(id, { graceMs: 1_000, reason: 'scale down' });
  await settled();
  await clock.advance(999);
  expect(task(running).state).toBe('running');
  await clock.advance(1);
  expect(await stopping).toMatchObject({ state: 'stopped' });
  expect(task(running)).toMatchObject({ state: 'cancelled', reason: 'its agent was shut down: scale down' });
});

test('unfinished redrive: the task goes to another agent', async () => {
  const { spawn, delegate, kernel, task } = rig({ strategy: 'first_free' });
  const [first, second] = [await spawn(), await spawn()];
  const running = await delegate();
  await kernel.shutdownAgent(first.id, { graceful: false, unfinished: 'redrive' });
  expect(task(running)).toMatchObject({ state: 'running', agentId: second.id });
  expect(task(running).attempts[0]).toMatchObject({ end: 'interrupted', error: { code: 'agent_stopped' } });
});

test('a forced shutdown hurries a graceful one that is under way', async () => {
  const { spawn, delegate, kernel, task } = rig();
  const { id } = await spawn();
  const running = await delegate();
  const graceful = kernel.shutdownAgent(id);
  await settled();
  const forced = kernel.shutdownAgent(id, { graceful: false });
  expect(await Promise.all([graceful, forced])).toMatchObject([{ state: 'stopped' }, { state: 'stopped' }]);
  expect(task(running).state).toBe('cancelled');
});

test('tasks that name the agent and have not started are cancelled', async () => {
  const { spawn, delegate, kernel, task } = rig();
  const { id } = await spawn();
  const [running, waiting] = [await delegate({ agentId: id }), await delegate({ agentId: id })];
  const stopping = kernel.shutdownAgent(id);
  await settled();
  expect(task(waiting)).toMatchObject({ state: 'cancelled', reason: `agent ${id}, which it names, is shut down` });
  await kernel.completeTask(running.id);
  await stopping;
});

test('an agent that is gone is unknown', async () => {
  const { spawn, kernel } = rig();
  const { id } = await spawn();
  await kernel.shutdownAgent(id);
  await expect(kernel.shutdownAgent(id)).rejects.toMatchObject({ code: 'UNKNOWN_AGENT' });
  expect(() => kernel.heartbeat(id)).toThrow('there is no agent');
});

test('a shutdown makes two moves, and each makes one event', async () => {
  const kernel = rig();
  const agent = await kernel.spawn();
  await kernel.kernel.shutdownAgent(agent.id);
  expect((await kindsOf(kernel, agent)).slice(2)).toEqual(['agent.stopping', 'agent.stopped']);
});

test('closing the kernel leaves agents and tasks as they are', async () => {
  const { spawn, delegate, kernel } = rig();
  await spawn();
  const running = await delegate();
  await kernel.close();
  await kernel.close();
  expect(kernel.getTask(running.id)?.state).toBe('running');
});

test('a shutdown of an agent that starts ends the start, and waits until nothing of it is left', async () => {
  const connections = await Connections.open();
  const { kernel, spawn } = rig({ deadlines: { startMs: 'never' } });
  const spawning = expect(spawn({ id: 'a1', runtime: program('silent', connections.port) })).rejects.toThrow(
    'agent a1 did not start: it was stopped while it started',
  );
  const started = await connections.nth(0);
  expect(await kernel.shutdownAgent('a1', { graceful: false })).toMatchObject({ state: 'stopped' });
  await spawning;
  await connections.gone(started);
});

test('a runtime that comes after its start was given up is stopped at once, and the shutdown waits for that', async () => {
  const starting = Promise.withResolvers<Session>();
  const start = vi.spyOn(RUNTIMES, 'process').mockReturnValue(starting.promise);
  onTestFinished(() => start.mockRestore());
  const { kernel, spawn } = rig();
  const spawning = expect(spawn({ id: 'a1', runtime: program() })).rejects.toMatchObject({ code: 'AGENT_FAILED' });
  await expect.poll(() => start.mock.calls.length).toBe(1);
  let isStopped = false;
  const stopping = kernel.shutdownAgent('a1').then(() => {
    isStopped = true;
  });
  await spawning;
  expect(isStopped).toBe(false);
  const ended = Promise.withResolvers<void>();
  const stop = vi.fn(() => ended.promise);
  starting.resolve({ outlivesHost: false, run: () => null, stop });
  await settled();
  expect(stop).toHaveBeenCalledWith(0);
  expect(isStopped).toBe(false);
  ended.resolve();
  await stopping;
  expect(kernel.getAgent('a1')).toMatchObject({ state: 'stopped' });
});

test('an agent that takes over an id is shut down itself, though its predecessor is not yet recorded as stopped', async () => {
  const { kernel, spawn } = rig();
  await spawn({ id: 'a1', role: 'old' });
  const first = kernel.shutdownAgent('a1');
  while (kernel.listAgents().length > 0) await Promise.resolve();
  const spawning = spawn({ id: 'a1', role: 'new' });
  while (kernel.listAgents({ states: ['idle'] }).length === 0) await Promise.resolve();
  const second = kernel.shutdownAgent('a1');
  expect([(await first).role, (await spawning).role, (await second).role]).toEqual(['old', 'new', 'new']);
  expect(kernel.getAgent('a1')).toMatchObject({ role: 'new', state: 'stopped' });
});

test('a program of an agent that was shut down before its start was durable is not started', async () => {
  const start = vi.spyOn(RUNTIMES, 'process');
  onTestFinished(() => start.mockRestore());
  const { kernel, spawn } = rig();
  await kernel.start();
  const spawning = expect(spawn({ id: 'a1', runtime: program() })).rejects.toMatchObject({ code: 'AGENT_FAILED' });
  while (kernel.listAgents().length === 0) await Promise.resolve();
  expect(await kernel.shutdownAgent('a1', { graceful: false })).toMatchObject({ state: 'stopped' });
  await spawning;
  expect(start).not.toHaveBeenCalled();
});
