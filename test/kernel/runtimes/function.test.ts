import { expect, test } from 'vitest';
import type { AgentFunction } from '../../../src/contract/agents.ts';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import { MemoryStore } from '../../../src/kernel/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { rig } from '../support/rig.ts';

async function once(run: AgentFunction, config: Parameters<typeof rig>[0] = {}) {
  const kernel = rig(config);
  await kernel.spawn({ runtime: { kind: 'function', run }, tasksMax: 4, attributes: { place: 'here' } });
  const task = await kernel.delegate({ input: { n: 1 } });
  return { ...kernel, done: await kernel.kernel.waitForTask(task.id) };
}

test('what a function returns is the result, what it throws the failure', async () => {
  expect((await once((task) => ({ got: task.input }))).done).toMatchObject({
    state: 'completed',
    result: { got: { n: 1 } },
  });
  expect((await once(() => undefined)).done).toMatchObject({ state: 'completed', result: null });
  const failed = await once(() => {
    throw Object.assign(new Error('no such table'), { code: 'ENOTABLE', retryable: false });
  });
  expect(failed.done).toMatchObject({
    state: 'failed',
    error: { code: 'ENOTABLE', message: 'no such table', retryable: false },
  });
});

test('a result that is no JSON or too large fails the task, and is not tried again', async () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect((await once(() => circle)).done).toMatchObject({
    state: 'failed',
    error: { code: 'bad_result', retryable: false },
  });
  expect((await once(() => 'x'.repeat(200), { jsonBytesMax: 100 })).done).toMatchObject({
    error: { code: 'bad_result' },
  });
});

test('a result that plugins veto is a failed attempt, which may be tried again', async () => {
  const vetoes = {
    name: 'picky',
    version: '1.0.0',
    says: 'wants more than one',
    hooks: { allow_task_complete: ({ result }: { result: number }) => (result > 1 ? undefined : { veto: 'too few' }) },
  } as unknown as AnyPlugin;
  let runs = 0;
  const { kernel, spawn, delegate, task, clock } = rig(
    { runtimes: { count: { kind: 'function', run: () => ++runs } } },
    [vetoes],
  );
  await spawn({ runtime: 'count' });
  const counted = await delegate({ retry: { attemptsMax: 2, pauseMs: 10 } });
  await kernel.plugins.observed();
  await clock.advance(10);
  const message = 'allow_task_complete: plugin picky refused: too few';
  expect(task(counted)).toMatchObject({
    state: 'completed',
    result: 2,
    attempts: [{ error: { code: 'vetoed', message, retryable: true } }, { end: 'completed' }],
  });
});

test('a function knows its agent and token, and says that it is alive', async () => {
  const seen: unknown[] = [];
  await once((_task, { agent, token, heartbeat, signal }) => {
    heartbeat();
    seen.push(agent.attributes, token, signal.aborted);
  });
  expect(seen).toEqual([{ place: 'here' }, 1, false]);
});

test('a function delegates children and waits for them, whether they have ended or not', async () => {
  const { done, kernel } = await once(async (task, { delegate, waitFor }) => {
    if (task.type === 'part') return task.input;
    const parts = [await delegate({ type: 'part', input: 1 }), await delegate({ type: 'part', input: 2 })];
    await settled(8);
    const results = [];
    for (const { id } of parts) results.push((await waitFor(id)).result);
    return results;
  });
  expect(done.result).toEqual([1, 2]);
  expect(kernel.listTasks({ parentId: done.id })).toHaveLength(2);
});

/** Notes, for each task that is run, what a kill -9 at that moment would leave in the store. */
function noting(store: MemoryStore, seen: string[]): AgentFunction {
  return ({ id }) => {
    const { status } = JSON.parse(store.task(id)?.state ?? '{}');
    seen.push(`${id} ${status?.state ?? 'unknown'}`);
  };
}

test('nothing runs before it is durable; that it runs need not be, where a kill -9 would make no difference', async () => {
  const store = new MemoryStore();
  const seen: string[] = [];
  const { spawn, delegate } = rig({ store });
  await spawn({ runtime: { kind: 'function', run: noting(store, seen) } });
  await Promise.all([
    delegate({ id: 'first' }),
    delegate({ id: 'may be driven again' }),
    delegate({ id: 'must not be', whenInterrupted: 'fail' }),
  ]);
  await settled(8);
  expect(seen).toEqual(['first running', 'may be driven again queued', 'must not be running']);
});

test('what an earlier process left is recorded as running before it runs: it may be what killed that', async () => {
  const store = new MemoryStore();
  const old = rig({ store });
  for (const id of ['a', 'b']) await old.delegate({ id, role: 'tester' });
  const seen: string[] = [];
  const next = rig({ store, clock: new FakeClock(old.clock.now()) });
  await next.spawn({ runtime: { kind: 'function', run: noting(store, seen) } });
  await settled(8);
  expect(seen).toEqual(['a running', 'b running']);
});

test('a long queue of quick tasks does not hold the event loop', async () => {
  const { spawn, delegate, kernel } = rig();
  const running = await spawn({ runtime: { kind: 'function', run: () => null } });
  let turns = 0;
  const count = () => {
    turns += 1;
    if (kernel.listTasks({ states: ['queued'], limit: 1 }).length > 0) setImmediate(count);
  };
  await Promise.all(Array.from({ length: 1_500 }, () => delegate({ agentId: running.id })));
  setImmediate(count);
  await kernel.waitForTask(kernel.listTasks({ limit: 1 })[0]?.id ?? '');
  expect(turns).toBeGreaterThan(3);
});

test('an attempt that is over has no more children', async () => {
  const late = Promise.withResolvers<unknown>();
  const { spawn, delegate, clock, kernel } = rig();
  await spawn({
    runtime: {
      kind: 'function',
      run: async (_task, run) => {
        await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
        await run.delegate({ type: 'child' }).catch(late.resolve);
      },
    },
  });
  const parent = await delegate({ deadlines: { runMs: 100 }, retry: { attemptsMax: 2, pauseMs: 60_000 } });
  await settled();
  await clock.advance(100);
  expect(await late.promise).toMatchObject({ code: 'STALE_TOKEN' });
  expect(kernel.listTasks({ parentId: parent.id })).toEqual([]);
});
