import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Topic, topic } from '../../src/contract/bus.ts';
import type { HookEvents } from '../../src/contract/hooks.ts';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { type KernelConfig, MemoryStore, OrchestratorV2 } from '../../src/kernel/index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Connections } from './support/connections.ts';
import { FakeClock, settled } from './support/fake-clock.ts';
import { program } from './support/program.ts';
import { rig } from './support/rig.ts';

const CLOSED = { code: 'KERNEL_CLOSED' };
const question: Topic<readonly [number, number]> = topic('question');

function forever(): Promise<never> {
  return new Promise(() => undefined);
}

/** A store that says how often it was written to. */
function counted() {
  const store = new MemoryStore();
  return { store, commits: vi.spyOn(store, 'commit') };
}

/** A kernel on what another one left. */
function after(store: MemoryStore, clock: FakeClock, config: KernelConfig = {}) {
  return rig({ store, clock: new FakeClock(clock.now()), ...config });
}

test('a start that is under way is given up: its program ends, and nothing of it is left', async () => {
  const connections = await Connections.open();
  const store = new MemoryStore();
  const { kernel, spawn, clock } = rig({ store });
  const spawning = expect(spawn({ id: 'a1', runtime: program('silent', connections.port) })).rejects.toMatchObject(
    CLOSED,
  );
  const started = await connections.nth(0);
  await kernel.close();
  await connections.gone(started);
  await spawning;
  expect(after(store, clock).kernel.getAgent('a1')).toMatchObject({ state: 'stopped' });
});

test('the end waits for programs that are being shut down', async () => {
  const connections = await Connections.open();
  const { kernel, spawn, clock } = rig({ deadlines: { killMs: 100 } });
  await spawn({ id: 'a1', runtime: program('stubborn', connections.port) });
  const running = await connections.nth(0);
  const stopping = kernel.shutdownAgent('a1', { graceful: false });
  await settled();
  let isClosed = false;
  const closing = kernel.close().then(() => {
    isClosed = true;
  });
  await settled();
  expect(isClosed).toBe(false);
  await clock.advance(100);
  await connections.gone(running);
  await closing;
  expect(await stopping).toMatchObject({ state: 'stopped' });
});

test('a shutdown that waits for a task is told, and finished by the next process', async () => {
  const store = new MemoryStore();
  const { kernel, spawn, delegate, clock } = rig({ store });
  await spawn({ id: 'a1' });
  await delegate();
  const stopping = expect(kernel.shutdownAgent('a1')).rejects.toMatchObject(CLOSED);
  await settled();
  await kernel.close();
  await stopping;
  const next = after(store, clock);
  await next.kernel.start();
  await settled();
  expect(next.agent({ id: 'a1' }).state).toBe('stopped');
});

test('requests on the bus are told, those under way and later ones', async () => {
  const { kernel } = rig();
  await kernel.start();
  kernel.bus.respond(question, forever);
  const asking = expect(kernel.bus.request(question, 1)).rejects.toMatchObject(CLOSED);
  await kernel.close();
  await asking;
  await expect(kernel.bus.request(question, 1)).rejects.toMatchObject(CLOSED);
  expect(() => kernel.bus.subscribe(question)).toThrow('the kernel was closed');
});

test('a wait for a task that has ended in the same turn is answered, any other is told', async () => {
  const { kernel, spawn, delegate } = rig();
  await spawn({ tasksMax: 2 });
  const [ended, open] = [await delegate(), await delegate()];
  const answered = kernel.waitForTask(ended.id);
  const told = expect(kernel.waitForTask(open.id)).rejects.toMatchObject(CLOSED);
  await settled();
  void kernel.completeTask(ended.id);
  await Promise.resolve();
  await kernel.close();
  await told;
  expect(await answered).toMatchObject({ state: 'completed' });
});

test('a signal that aborts afterwards changes nothing, and nothing is written any more', async () => {
  const { store, commits } = counted();
  const { kernel, spawn, delegate, clock, task } = rig({ store });
  await spawn();
  const controller = new AbortController();
  const running = await delegate({ signal: controller.signal });
  await kernel.close();
  commits.mockClear();
  controller.abort();
  await settled();
  expect(task(running).state).toBe('running');
  expect(commits).not.toHaveBeenCalled();
  expect(clock.pending).toBe(0);
});

test('a store that fails as the kernel closes is not tried again', async () => {
  const { store, commits } = counted();
  const { kernel, spawn, clock } = rig({ store });
  await spawn();
  commits.mockImplementation(() => {
    throw new Error('disk full');
  });
  const refused = expect(spawn()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await settled();
  await kernel.close();
  await refused;
  commits.mockClear();
  expect(clock.pending).toBe(0);
  await settled();
  expect(commits).not.toHaveBeenCalled();
});

test('a run is asked to stop, and what it still wants is refused; its record stays as it is', async () => {
  const { store, commits } = counted();
  const { kernel, spawn, delegate, clock } = rig({ store });
  const over = Promise.withResolvers<unknown>();
  const late = Promise.withResolvers<unknown>();
  await spawn({
    runtime: {
      kind: 'function',
      run: async (_task, { signal, delegate: child, heartbeat }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        over.resolve(signal.reason.message);
        await settled();
        heartbeat();
        await child({ type: 'child' }).catch(late.resolve);
      },
    },
  });
  const running = await delegate();
  await settled();
  await kernel.close();
  commits.mockClear();
  expect(await over.promise).toBe('the kernel was closed');
  expect(await late.promise).toMatchObject(CLOSED);
  await settled();
  expect(commits).not.toHaveBeenCalled();
  expect(clock.pending).toBe(0);
  expect(after(store, clock).kernel.getTask(running.id)).toMatchObject({ state: 'running' });
});

test('a shutdown that a plugin asks for meanwhile, or afterwards, is refused', async () => {
  let given: PluginContext<unknown, unknown> | null = null;
  const asked: unknown[] = [];
  const ask = async () => asked.push(await given?.kernel.shutdownAgent('a').catch(({ code }) => code));
  const initialize = (context: PluginContext<unknown, unknown>) => {
    given = context;
  };
  const late = { name: 'late', version: '1.0.0', says: 'for a test', hooks: {}, initialize, dispose: ask };
  const { kernel, spawn, delegate } = rig({}, [late as unknown as AnyPlugin]);
  await spawn({ id: 'a' });
  await delegate();
  await kernel.close();
  await ask();
  expect(asked).toEqual(['KERNEL_CLOSED', 'KERNEL_CLOSED']);
});

test.each(['in memory', 'in a file'])(
  'after the end nothing is published any more, nor looked up that only the store knows (%s)',
  async (where) => {
    const store = where === 'in memory' ? undefined : join(temporaryFolder('kernel'), 'kernel.sqlite');
    const { kernel, spawn, delegate } = rig(store === undefined ? {} : { store });
    await spawn({ id: 'a' });
    await delegate({ id: 't' });
    await kernel.close();
    const calls = [
      () => kernel.getTask('nobody'),
      () => kernel.listTasks(),
      () => kernel.getAgent('nobody'),
      () => kernel.listAgents({ states: ['stopped'] }),
      () => kernel.bus.publish(topic('news'), 1),
      () => kernel.bus.respond(question, () => 1),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining(CLOSED));
  },
);

test('a heartbeat after the end is refused', async () => {
  const { kernel, spawn, clock } = rig();
  const { id } = await spawn();
  await kernel.close();
  expect(() => kernel.heartbeat(id)).toThrow('the kernel was closed');
  expect(clock.pending).toBe(0);
});

test('what plugins have in hand is recorded, and begins in the next process', async () => {
  const store = new MemoryStore();
  const gate = Promise.withResolvers<void>();
  const hooks = {
    before_task_delegate: ({ taskId }: HookEvents['before_task_delegate']) =>
      taskId === 'first' ? undefined : gate.promise,
    before_task_complete: () => gate.promise,
  };
  const budgets = { callMs: { before_task_delegate: 60_000, before_task_complete: 60_000 } };
  const slow = { name: 'slow', version: '1.0.0', says: 'for a test', hooks, budgets } as unknown as AnyPlugin;
  const { kernel, spawn, delegate, clock } = rig({ store, budgets: { operationMs: 60_000 } }, [slow]);
  await spawn({ tasksMax: 2, deadlines: { heartbeatMs: 'never' } });
  await delegate({ id: 'first' });
  const [completing, delegating] = [
    kernel.completeTask('first', { result: 'done' }),
    delegate({ id: 'second', role: 'tester' }),
  ];
  await settled();
  const closing = kernel.close();
  await expect(delegate({ id: 'third' })).rejects.toMatchObject(CLOSED);
  gate.resolve();
  expect(await completing).toMatchObject({ state: 'completed', result: 'done' });
  expect(await delegating).toMatchObject({ state: 'queued' });
  await closing;
  const next = after(store, clock);
  await next.kernel.start();
  expect(next.kernel.getTask('first')).toMatchObject({ state: 'completed', result: 'done' });
  expect(next.kernel.getTask('second')).toMatchObject({ state: 'running' });
  expect(next.kernel.listAgents()).toMatchObject([{ state: 'busy', taskIds: ['second'] }]);
});

test('whatever fails on the way, the store is given back, and whoever closes is told', async () => {
  const store = new MemoryStore();
  const close = vi.spyOn(store, 'close');
  const kernel = new OrchestratorV2({
    store,
    pluginHost: { close: () => Promise.reject(new Error('the host is stuck')) },
  });
  await kernel.start();
  const closing = kernel.close();
  await expect(closing).rejects.toThrow('the host is stuck');
  expect(close).toHaveBeenCalledTimes(1);
});

test('a second call waits for the first', async () => {
  const gate = Promise.withResolvers<void>();
  const kernel = new OrchestratorV2({ pluginHost: { close: () => gate.promise } });
  await kernel.start();
  let closed = 0;
  const closing = [kernel.close(), kernel.close()].map((call) => call.then(() => closed++));
  await settled();
  expect(closed).toBe(0);
  gate.resolve();
  await Promise.all(closing);
});
