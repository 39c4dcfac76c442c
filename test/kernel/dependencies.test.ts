import { expect, test } from 'vitest';
import type { Dependency } from '../../src/contract/tasks.ts';
import { type Rig, rig } from './support/rig.ts';

async function pair(otherwise?: Dependency['otherwise']): Promise<Rig & { first: string; second: string }> {
  const kernel = rig();
  await kernel.spawn();
  const first = await kernel.delegate({ id: 'first' });
  const edge = otherwise === undefined ? { taskId: first.id } : { taskId: first.id, otherwise };
  const second = await kernel.delegate({ id: 'second', dependsOn: [edge] });
  expect(second.state).toBe('waiting');
  return { ...kernel, first: first.id, second: second.id };
}

test('a task waits for the tasks it depends on', async () => {
  const { kernel, spawn, delegate, task } = rig();
  await spawn({ tasksMax: 3 });
  const [a, b] = [await delegate(), await delegate()];
  const last = await delegate({ dependsOn: [{ taskId: a.id }, { taskId: b.id }] });
  await kernel.completeTask(a.id);
  expect(task(last).state).toBe('waiting');
  await kernel.completeTask(b.id);
  expect(task(last).state).toBe('running');
});

test('when a dependency fails its dependents fail with it, unless the edge says otherwise', async () => {
  const { kernel, first, task } = await pair();
  await kernel.failTask(first, { message: 'broken' });
  expect(task({ id: 'second' })).toMatchObject({ state: 'failed', error: { code: 'dependency_failed' } });
});

test('otherwise cancel: a dependent is cancelled', async () => {
  const { kernel, first, task } = await pair('cancel');
  await kernel.failTask(first, { message: 'broken' });
  expect(task({ id: 'second' })).toMatchObject({
    state: 'cancelled',
    reason: 'task first, which it depends on, is failed',
  });
});

test('otherwise run: a dependent runs however its dependency ended', async () => {
  const { kernel, first, task } = await pair('run');
  await kernel.cancelTask(first);
  expect(task({ id: 'second' }).state).toBe('running');
});

test('a dependency that has ended already counts as it ended', async () => {
  const { kernel, spawn, delegate } = rig();
  await spawn({ tasksMax: 3 });
  const [good, bad] = [await delegate(), await delegate()];
  await kernel.completeTask(good.id);
  await kernel.failTask(bad.id, { message: 'no' });
  expect(await delegate({ dependsOn: [{ taskId: good.id }] })).toMatchObject({ state: 'running' });
  expect(await delegate({ dependsOn: [{ taskId: bad.id }] })).toMatchObject({ state: 'failed' });
  expect(await delegate({ dependsOn: [{ taskId: bad.id, otherwise: 'run' }] })).toMatchObject({ state: 'running' });
});

test('a task cannot depend on one that is not there', async () => {
  const { delegate } = rig({ dependenciesMax: 1 });
  await expect(delegate({ dependsOn: [{ taskId: 'nobody' }] })).rejects.toMatchObject({ code: 'UNKNOWN_TASK' });
  const { id: taskId } = await delegate();
  await expect(delegate({ dependsOn: [{ taskId }, { taskId }] })).rejects.toMatchObject({ code: 'OVERLOADED' });
});

test('a very long chain of dependents fails without a very deep call', async () => {
  const { kernel, delegate, task } = rig({ queueMax: 30_000 });
  let previous = await delegate({ id: 'root' });
  const chain = [previous.id];
  for (let i = 0; i < 3_000; i++) {
    previous = await delegate({ dependsOn: [{ taskId: previous.id }] });
    chain.push(previous.id);
  }
  await kernel.cancelTask('root');
  expect(task(previous)).toMatchObject({ state: 'failed', error: { code: 'dependency_failed' } });
  expect(kernel.listTasks({ states: ['waiting'] })).toEqual([]);
});

test('one task cannot be depended on in two ways', async () => {
  const { delegate } = rig();
  const { id: taskId } = await delegate();
  const twice = (otherwise: Dependency['otherwise']) =>
    delegate({ dependsOn: [{ taskId }, { taskId, ...(otherwise === undefined ? {} : { otherwise }) }] });
  await expect(twice('run')).rejects.toThrow('one task stands there twice, with different `otherwise`');
  expect([(await twice('fail')).state, (await twice(undefined)).state]).toEqual(['waiting', 'waiting']);
});
