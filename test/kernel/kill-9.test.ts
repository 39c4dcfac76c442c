import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import type { KernelConfig } from '../../src/kernel/index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Connections } from './support/connections.ts';
import { settled } from './support/fake-clock.ts';
import { type Rig, rig } from './support/rig.ts';
import { tally } from './support/tally.ts';

const HOST = new URL('./support/host-process.ts', import.meta.url).pathname;

function startHost(path: string, mode: string, port = 0): ChildProcess {
  const host = spawn(process.execPath, [HOST, path, mode, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void host.kill('SIGKILL'));
  return host;
}

/** Starts a host and kills it with no warning once `isEnough`; answers what it acknowledged before. */
async function killed(
  path: string,
  mode: string,
  isEnough: (lines: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const host = startHost(path, mode);
  const exit = once(host, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: host.stdout as Readable })) {
    lines.push(line);
    if (isEnough(lines)) host.kill('SIGKILL');
  }
  await exit;
  return lines;
}

function newPath(): string {
  return join(temporaryFolder('kill'), 'kernel.sqlite');
}

async function takenUp(path: string, config: KernelConfig = {}): Promise<Rig> {
  const kernel = rig({ store: path, ...config });
  await kernel.kernel.start();
  return kernel;
}

test('kill -9 under load, again and again: nothing that was acknowledged is lost', async () => {
  const path = newPath();
  const all: string[] = [];
  for (const count of [50, 400, 1_500]) all.push(...(await killed(path, 'load', (lines) => lines.length >= count)));
  const { kernel } = await takenUp(path);
  const idsOf = (what: string) =>
    all.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1));
  for (const id of idsOf('spawned')) expect(kernel.getAgent(id), id).toMatchObject({ role: 'worker' });
  for (const id of idsOf('delegated')) expect(kernel.getTask(id), id).not.toBeNull();
  for (const id of idsOf('completed'))
    expect(kernel.getTask(id), id).toMatchObject({ state: 'completed', result: 'done' });
  const health = await kernel.getHealthStatus();
  expect(health.tasks.delegatedEver).toBeGreaterThanOrEqual(idsOf('delegated').length);
  expect(health.tasks.completedEver).toBeGreaterThanOrEqual(idsOf('completed').length);
});

test('after a kill -9 what died with the host is driven again or failed by policy, and work outside goes on', async () => {
  const path = newPath();
  await killed(path, 'running', (lines) => lines.includes('ready all'));
  const runs: string[] = [];
  const { kernel, task, agent } = await takenUp(path, {
    runtimes: { forever: { kind: 'function', run: (it) => runs.push(it.id) } },
  });
  await settled(10);
  expect(runs).toEqual(['redriven']);
  expect(task({ id: 'redriven' })).toMatchObject({ state: 'completed', attemptsEver: 2 });
  expect(task({ id: 'redriven' }).attempts[0]).toMatchObject({ end: 'interrupted', error: { code: 'host_died' } });
  expect(task({ id: 'not-redriven' })).toMatchObject({ state: 'failed', error: { code: 'host_died' } });
  expect(task({ id: 'queued' }).state).toBe('queued');
  const outside = task({ id: 'on-outside' });
  expect(outside).toMatchObject({ state: 'running', agentId: 'outside', attemptsEver: 1 });
  expect([agent({ id: 'outside' }).state, agent({ id: 'inside' })]).toMatchObject([
    'busy',
    { state: 'idle', restarts: 1 },
  ]);
  expect(task({ id: 'dependent' }).state).toBe('waiting');
  await kernel.completeTask('on-outside', { token: outside.token as number });
  expect(task({ id: 'dependent' })).toMatchObject({ state: 'running', agentId: 'outside' });
});

test('the events go on where they ended, without a gap', async () => {
  const path = newPath();
  await killed(path, 'load', (lines) => lines.length >= 200);
  const { kernel, spawn, events } = await takenUp(path, { agentsMax: 100 });
  await spawn();
  const sequences = (await events()).map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: kernel.events.last }, (_, i) => i + 1));
});

test('a kill -9 of the host leaves no process of an agent behind, however stubborn, nor what that started', async () => {
  const connections = await Connections.open();
  const host = startHost(newPath(), 'agent', connections.port);
  const [agent, orphan] = [await connections.nth(0), await connections.nth(1)];
  host.kill('SIGKILL');
  await Promise.all([connections.gone(agent), connections.gone(orphan)]);
});

test('after a kill -9 a plugin knows what it knew when its state was kept last', async () => {
  const path = newPath();
  await killed(path, 'plugin', (lines) => lines.includes('observed all') && lines.at(-1) === 'kept tally');
  const { kernel } = rig({ store: path }, [tally]);
  await kernel.start();
  expect(await kernel.use(tally).ids()).toEqual(['a1', 'a2', 'a3']);
});

test('two kernels do not open one file: the second is told which process has it, until that is gone', async () => {
  const path = newPath();
  const host = startHost(path, 'hold');
  const [line] = (await once(createInterface({ input: host.stdout as Readable }), 'line')) as [string];
  expect(() => rig({ store: path })).toThrow(
    expect.objectContaining({
      code: 'STORE_IN_USE',
      message: expect.stringMatching(
        `kernel.sqlite is in use by another kernel: process ${line.slice(6)} on .+, since 2`,
      ),
    }),
  );
  host.kill('SIGKILL');
  await once(host, 'exit');
  await takenUp(path);
});
