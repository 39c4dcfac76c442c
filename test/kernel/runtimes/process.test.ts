import { expect, test } from 'vitest';
import type { RuntimeSpec } from '../../../src/contract/agents.ts';
import type { KernelConfig } from '../../../src/kernel/index.ts';
import { startProcess } from '../../../src/kernel/runtimes/process.ts';
import { Connections } from '../support/connections.ts';
import { program } from '../support/program.ts';
import { rig } from '../support/rig.ts';

/** Processes take their time on a busy machine. */
function eventually<T>(look: () => T) {
  return expect.poll(look, { timeout: 30_000, interval: 10 });
}

async function withAgent(mode = 'ready', config: KernelConfig = {}) {
  const kernel = rig(config);
  const agent = await kernel.spawn({ id: 'a1', runtime: program(mode) });
  const run = async (type: string, input: unknown = null) =>
    kernel.kernel.waitForTask((await kernel.delegate({ type, input })).id);
  return { ...kernel, a1: agent, run };
}

test('a command does tasks over JSON lines', async () => {
  const { run, a1 } = await withAgent();
  expect(a1).toMatchObject({ state: 'idle', runtime: 'process' });
  expect(await run('echo', { text: 'hé\n"ß"' })).toMatchObject({ state: 'completed', result: { text: 'hé\n"ß"' } });
});

test('a failure keeps its code and says whether trying again makes sense', async () => {
  const { run } = await withAgent();
  expect(await run('fail')).toMatchObject({
    state: 'failed',
    error: { code: 'E_CANNOT', message: 'cannot', retryable: false },
  });
});

test('what a program prints besides is passed over', async () => {
  const { run } = await withAgent();
  expect(await run('noise')).toMatchObject({ state: 'completed', result: 'after the noise' });
});

test('a program gets a clean environment', async () => {
  process.env.BANYAN_TEST_SECRET = 'secret';
  const { run } = await withAgent();
  const { result } = await run('environment');
  delete process.env.BANYAN_TEST_SECRET;
  expect(
    Object.keys(result as object).filter((name) => !['PATH', 'PWD', 'OLDPWD', '_', 'SHLVL'].includes(name)),
  ).toEqual([]);
});

test('a program that ends in mid-task takes its agent with it: the task is driven again, then given up', async () => {
  const { run, agent, a1 } = await withAgent('ready', { redrivesMax: 0, restart: 'temporary' });
  expect(await run('exit', 3)).toMatchObject({ state: 'failed', error: { code: 'interrupted_too_often' } });
  expect(agent(a1)).toMatchObject({ state: 'failed', error: { code: 'process_ended' } });
  expect(agent(a1).error?.message).toMatch(/exit code 3.*last words/);
});

test('a program that ended is started again', async () => {
  const { run, kernel } = await withAgent('ready', { redrivesMax: 0, restartPauseMs: 0 });
  await run('exit', 1);
  await eventually(() => kernel.getAgent('a1')).toMatchObject({ state: 'idle', restarts: 1 });
  expect(await run('echo', 'again')).toMatchObject({ result: 'again' });
});

test('cancelling asks the program to stop, and it keeps working for the next task', async () => {
  const { delegate, kernel, run, agent, a1 } = await withAgent();
  const hanging = await delegate({ type: 'hang' });
  await kernel.cancelTask(hanging.id, 'enough');
  await eventually(() => agent(a1).state).toBe('idle');
  expect(await run('echo', 1)).toMatchObject({ result: 1 });
  expect(agent(a1).restarts).toBe(0);
});

test('a program that does not stop when asked is killed, and its agent started again', async () => {
  const { delegate, kernel, clock, agent, a1 } = await withAgent('stubborn', {
    deadlines: { killMs: 100 },
    restartPauseMs: 0,
  });
  const hanging = await delegate({ type: 'hang' });
  await kernel.cancelTask(hanging.id);
  expect(agent(a1).taskIds).toEqual([hanging.id]);
  await clock.advance(100);
  await eventually(() => agent(a1)).toMatchObject({ state: 'idle', restarts: 1 });
});

test('a program that writes a line without end is killed', async () => {
  const { run, agent, a1 } = await withAgent('ready', { redrivesMax: 0, restart: 'temporary' });
  await run('flood');
  expect(agent(a1).error?.message).toContain('a line that is longer than a result may be');
});

test('every line of a program is a sign of life', async () => {
  const { delegate, clock, agent, a1 } = await withAgent('ready', {
    restart: 'temporary',
    deadlines: { heartbeatMs: 1_000 },
  });
  await clock.advance(600);
  await delegate({ type: 'beat' });
  const before = agent(a1).lastActivityAtMs;
  await clock.advance(600);
  await eventually(async () => agent(a1).state === 'busy' && agent(a1).lastActivityAtMs >= before).toBe(true);
});

test('a program that never says it is ready fails to start', async () => {
  const { spawn, clock } = rig();
  const spawning = expect(spawn({ runtime: program('silent'), deadlines: { startMs: 1_000 } })).rejects.toThrow(
    'the agent did not become idle within its start deadline',
  );
  await eventually(() => clock.pending).toBe(1);
  await clock.advance(1_000);
  await spawning;
});

test('a shutdown ends the program, one that will not end too', async () => {
  const connections = await Connections.open();
  const { run, kernel, clock } = await withAgent('stubborn', { deadlines: { killMs: 100 } });
  await run('attach', connections.port);
  const agent = await connections.nth(0);
  const stopping = kernel.shutdownAgent('a1');
  await eventually(() => clock.pending).toBeGreaterThan(0);
  await clock.advance(100);
  await connections.gone(agent);
  expect(await stopping).toMatchObject({ state: 'stopped' });
});

test('what a program started ends with it', async () => {
  const connections = await Connections.open();
  const { run, kernel } = await withAgent();
  await run('leave_orphan', connections.port);
  const orphan = await connections.nth(0);
  await kernel.shutdownAgent('a1');
  await connections.gone(orphan);
});

test('closing the kernel ends all programs', async () => {
  const connections = await Connections.open();
  const { run, kernel } = await withAgent();
  await run('attach', connections.port);
  const agent = await connections.nth(0);
  await kernel.close();
  await connections.gone(agent);
});

test('a program is asked to end by a signal at half its grace, and killed only after the whole', async () => {
  const connections = await Connections.open();
  const { run, kernel, clock } = await withAgent('stubborn', { deadlines: { killMs: 100, heartbeatMs: 'never' } });
  await run('attach', connections.port);
  const agent = await connections.nth(0);
  const asked = new Promise((resolve) => agent.once('data', (text) => resolve(String(text))));
  const stopping = kernel.shutdownAgent('a1');
  await eventually(() => clock.pending).toBe(2);
  await clock.advance(50);
  expect(await asked).toBe('asked to end');
  await clock.advance(50);
  await connections.gone(agent);
  await stopping;
});

test('a program that ends at the signal is not waited for any longer', async () => {
  const connections = await Connections.open();
  const { run, kernel, clock } = await withAgent('deaf', { deadlines: { killMs: 100, heartbeatMs: 'never' } });
  await run('attach', connections.port);
  const agent = await connections.nth(0);
  const stopping = kernel.shutdownAgent('a1');
  await eventually(() => clock.pending).toBe(2);
  await clock.advance(50);
  await connections.gone(agent);
  expect(await stopping).toMatchObject({ state: 'stopped' });
});

test('the end of a program is noticed though something that it started keeps its pipes', async () => {
  const connections = await Connections.open();
  const { run, delegate, kernel, clock, agent, a1, task } = await withAgent('ready', {
    deadlines: { killMs: 100, runMs: 'never', heartbeatMs: 'never' },
    redrivesMax: 0,
    restart: 'temporary',
  });
  await run('leave_escaped', connections.port);
  const escaped = await connections.nth(0);
  const ended = await delegate({ type: 'exit', input: 3 });
  await eventually(() => clock.pending).toBe(1);
  await clock.advance(99);
  expect(agent(a1).state).toBe('busy');
  await clock.advance(1);
  await eventually(() => agent(a1).error?.message).toMatch(/exit code 3.*last words/);
  expect(task(ended)).toMatchObject({ state: 'failed', error: { code: 'interrupted_too_often' } });
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ killMs: 1, redrivesMax: 1 });
  expect(await kernel.shutdownAgent('a1')).toMatchObject({ state: 'stopped' });
  escaped.destroy();
});

test('a start that was given up before it began starts no program', async () => {
  const spec = program('ready') as Extract<RuntimeSpec, { kind: 'process' }>;
  const given = AbortSignal.abort(new Error('given up'));
  await expect(startProcess(spec, {} as never, {} as never, given)).rejects.toThrow('given up');
});
