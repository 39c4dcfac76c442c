import { describe, expect, it } from 'vitest';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { rig as kernelRig, type Rig } from './support/rig.ts';

type Context = PluginContext<unknown, unknown>;

/** A plugin that does nothing but hand its context out. */
function keeper(name = 'keeper'): { readonly plugin: AnyPlugin; readonly context: () => Context } {
  let given: Context | null = null;
  const initialize = (context: Context) => {
    given = context;
  };
  return {
    plugin: { name, version: '1.0.0', says: 'keeps work away', hooks: {}, initialize } as AnyPlugin,
    context: () => given as unknown as Context,
  };
}

async function rig(): Promise<Rig & Pick<Context, 'holdOff' | 'release' | 'now'>> {
  const { plugin, context } = keeper();
  const rigged = kernelRig({}, [plugin]);
  await rigged.kernel.start();
  const { holdOff, release, now } = context();
  return { ...rigged, holdOff, release, now };
}

const states = ({ kernel }: Rig, ids: readonly { readonly id: string }[]) =>
  ids.map(({ id }) => kernel.getTask(id)?.state);

describe('an agent that a plugin holds off', () => {
  it('gets no new task, whoever else is free', async () => {
    const { holdOff, now, spawn, delegate } = await rig();
    const [held, other] = [await spawn(), await spawn()];
    holdOff(held.id, now() + 1_000, 500);
    const tasks = [await delegate(), await delegate(), await delegate({ agentId: held.id })];
    expect(tasks.map(({ state, agentId }) => [state, agentId])).toEqual([
      ['running', other.id],
      ['queued', null],
      ['queued', held.id],
    ]);
    await expect(delegate({ whenBusy: 'reject' })).rejects.toMatchObject({ code: 'NO_AGENT_AVAILABLE' });
  });

  it('is given nothing that was queued before, nor what is taken from another', async () => {
    const { holdOff, now, spawn, delegate, kernel, task } = await rig();
    const held = await spawn();
    const [first, second] = [await delegate(), await delegate()];
    holdOff(held.id, now() + 1_000, 500);
    await kernel.completeTask(first.id);
    expect(task(second).state).toBe('queued');
    const other = await spawn();
    expect(task(second)).toMatchObject({ state: 'running', agentId: other.id });
    await kernel.reassign(second.id, null);
    expect(task(second).state).toBe('queued');
  });

  it('gives up no task to a more urgent one, and keeps no place for one', async () => {
    const { holdOff, now, spawn, delegate, task } = await rig();
    const held = await spawn();
    const running = await delegate({ priority: 1 });
    holdOff(held.id, now() + 1_000, 500);
    const urgent = await delegate({ priority: 99, whenBusy: 'interrupt' });
    expect([task(running).state, task(urgent).state]).toEqual(['running', 'queued']);
  });

  it('gives back the task that was promised its next place', async () => {
    const { holdOff, now, spawn, delegate, task } = await rig();
    // It does not stop when it is asked to.
    const run = () => new Promise(() => {});
    const held = await spawn({ runtime: { kind: 'function', run } });
    await delegate();
    const promised = await delegate({ priority: 99, whenBusy: 'interrupt' });
    holdOff(held.id, now() + 1_000, 500);
    const other = await spawn();
    expect(task(promised)).toMatchObject({ state: 'running', agentId: other.id });
  });

  it('gets one task when the time is up, and one every so often from then on, until it is released', async () => {
    const rigged = await rig();
    const { holdOff, release, now, spawn, delegate, clock, kernel } = rigged;
    const held = await spawn({ tasksMax: 5 });
    holdOff(held.id, now() + 1_000, 500);
    const tasks = [await delegate(), await delegate(), await delegate(), await delegate()];
    await clock.advance(999);
    expect(states(rigged, tasks)).toEqual(['queued', 'queued', 'queued', 'queued']);
    await clock.advance(1);
    expect(states(rigged, tasks)).toEqual(['running', 'queued', 'queued', 'queued']);
    await kernel.completeTask(tasks[0]?.id ?? '');
    await clock.advance(499);
    expect(states(rigged, tasks)).toEqual(['completed', 'queued', 'queued', 'queued']);
    await clock.advance(1);
    expect(states(rigged, tasks)).toEqual(['completed', 'running', 'queued', 'queued']);
    release(held.id);
    expect(states(rigged, tasks)).toEqual(['completed', 'running', 'running', 'running']);
  });

  it('is held off by each plugin for itself, until the last of them releases it or goes', async () => {
    const [one, two] = [keeper('one'), keeper('two')];
    const { kernel, spawn, delegate, task } = kernelRig({}, [one.plugin, two.plugin]);
    const held = await spawn();
    for (const { context } of [one, two]) context().holdOff(held.id, context().now() + 1_000, 500);
    const waiting = await delegate();
    one.context().release(held.id);
    expect(task(waiting).state).toBe('queued');
    await kernel.unloadPlugin('two');
    expect(task(waiting).state).toBe('running');
  });

  it('is released when the plugin that holds it off cannot be loaded after all', async () => {
    const { kernel, spawn, delegate } = kernelRig();
    const { id } = await spawn();
    const initialize = ({ holdOff, now }: Context) => {
      holdOff(id, now() + 1_000, 500);
      throw new Error('no database');
    };
    const broken = { ...keeper().plugin, initialize } as AnyPlugin;
    await expect(kernel.loadPlugin(broken)).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
    expect((await delegate()).state).toBe('running');
  });

  it('is released when the new version of a plugin is refused, but for what the old one holds', async () => {
    const { plugin, context } = keeper();
    const { kernel, spawn, delegate } = kernelRig({}, [plugin]);
    const [one, two] = [await spawn(), await spawn()];
    context().holdOff(one.id, context().now() + 1_000, 500);
    const initialize = ({ holdOff, release, now }: Context) => {
      holdOff(two.id, now() + 1_000, 500);
      release(one.id);
      throw new Error('no database');
    };
    const broken = { ...plugin, version: '1.0.1', initialize } as AnyPlugin;
    await expect(kernel.loadPlugin(broken)).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
    expect(await delegate()).toMatchObject({ state: 'running', agentId: two.id });
    expect((await delegate()).state).toBe('queued');
  });

  it('stays held off by the plugin that takes the state over, which then is the one to release it', async () => {
    const { plugin, context } = keeper();
    const stateful = { ...plugin, state: { version: 1, initial: () => ({}) } } as AnyPlugin;
    const { kernel, spawn, delegate, task } = kernelRig({}, [stateful]);
    const held = await spawn();
    const old = context();
    old.holdOff(held.id, old.now() + 1_000, 500);
    await kernel.loadPlugin({ ...stateful, version: '1.0.1' } as AnyPlugin);
    const waiting = await delegate();
    old.release(held.id);
    expect(task(waiting).state).toBe('queued');
    context().release(held.id);
    expect(task(waiting).state).toBe('running');
  });

  it('is held off as the new version says, where that says something of its own', async () => {
    const { plugin, context } = keeper();
    const stateful = { ...plugin, state: { version: 1, initial: () => ({}) } } as AnyPlugin;
    const { kernel, clock, spawn, delegate, task } = kernelRig({}, [stateful]);
    const held = await spawn();
    context().holdOff(held.id, context().now() + 9_000, 500);
    const initialize = ({ holdOff, now }: Context) => holdOff(held.id, now() + 1_000, 500);
    await kernel.loadPlugin({ ...stateful, version: '1.0.1', initialize } as AnyPlugin);
    const waiting = await delegate();
    await clock.advance(1_000);
    expect(task(waiting).state).toBe('running');
  });

  it('is released when the plugin is replaced by one that takes no state over', async () => {
    const { plugin, context } = keeper();
    const { kernel, spawn, delegate } = kernelRig({}, [plugin]);
    const held = await spawn();
    context().holdOff(held.id, context().now() + 1_000, 500);
    await kernel.loadPlugin({ ...plugin, version: '1.0.1' } as AnyPlugin);
    expect((await delegate()).state).toBe('running');
  });

  it('is not held off by a plugin that is gone', async () => {
    const { plugin, context } = keeper();
    const { kernel, spawn, delegate } = kernelRig({}, [plugin]);
    const agent = await spawn();
    await kernel.unloadPlugin('keeper');
    context().holdOff(agent.id, context().now() + 1_000, 500);
    expect((await delegate()).state).toBe('running');
  });

  it('gives back the tasks that were promised its next places, once it was handed the one it may have', async () => {
    const { holdOff, now, spawn, delegate, task, clock } = await rig();
    // Each goes on for killMs after it is asked to stop.
    const run = () => new Promise(() => {});
    const held = await spawn({ tasksMax: 2, runtime: { kind: 'function', run } });
    await delegate({ priority: 1 });
    await delegate({ priority: 1 });
    holdOff(held.id, now(), 60_000);
    const promised = [
      await delegate({ priority: 99, whenBusy: 'interrupt' }),
      await delegate({ priority: 99, whenBusy: 'interrupt' }),
    ];
    await clock.advance(2_000);
    const other = await spawn({ tasksMax: 9 });
    expect(promised.map((one) => task(one))).toMatchObject([
      { state: 'running', agentId: held.id },
      { state: 'running', agentId: other.id },
    ]);
  });

  it('leaves nothing to the next one with its id', async () => {
    const { holdOff, now, spawn, delegate, kernel, clock } = await rig();
    await spawn({ id: 'a' });
    holdOff('a', now() + 1_000, 500);
    await kernel.shutdownAgent('a');
    await spawn({ id: 'a' });
    expect((await delegate()).state).toBe('running');
    await clock.advance(1_000);
  });

  it('is held off for no longer than a day at a time, which is counted, and stands in the health report', async () => {
    const { holdOff, release, now, spawn, delegate, kernel, task, clock } = await rig();
    const held = await spawn({ tasksMax: 5, deadlines: { heartbeatMs: 'never' } });
    holdOff(held.id, now() + 1e300, 1e300);
    const untilCalledOff = { deadlines: { queueMs: 'never', runMs: 'never' } } as const;
    const waiting = [await delegate(untilCalledOff), await delegate(untilCalledOff)] as const;
    const health = await kernel.getHealthStatus();
    expect(health.agents.heldOff).toEqual({ [held.id]: ['keeper'] });
    expect(health.limitsHit.heldOffMsMax).toBe(1);
    const states = () => waiting.map((one) => task(one).state);
    await clock.advance(24 * 3_600_000 - 1);
    expect(states()).toEqual(['queued', 'queued']);
    await clock.advance(1);
    expect(states()).toEqual(['running', 'queued']);
    await clock.advance(24 * 3_600_000);
    expect(states()).toEqual(['running', 'running']);
    release(held.id);
    expect((await kernel.getHealthStatus()).agents.heldOff).toEqual({});
  });

  it('must be held off for a time that ends', async () => {
    const { holdOff, now, spawn, delegate } = await rig();
    const agent = await spawn();
    for (const untilMs of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => holdOff(agent.id, untilMs, 500)).toThrow(RangeError);
    for (const everyMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => holdOff(agent.id, now() + 1_000, everyMs)).toThrow(RangeError);
    holdOff('nobody', now() + 1_000, 500);
    expect((await delegate()).state).toBe('running');
  });
});
