import { describe, expect, it } from 'vitest';
import type { PluginContext } from '../../../src/contract/plugins.ts';
import { observedMax, turnMsMax } from '../../../src/kernel/hooks/observer-queue.ts';
import { agent, load, ManualStopwatch, plugin } from './support.ts';

const stopped = (reason: string) => ({ agent: agent(), reason });
const observer = (name: string, tell: (event: { reason: string }) => unknown, parts = {}) =>
  plugin(name, { hooks: { on_agent_stopped: tell }, ...parts });

describe('observers', () => {
  it('are told after the call that fired the event went on', async () => {
    const seen: string[] = [];
    const plugins = await load([observer('a', ({ reason }) => seen.push(reason))]);
    plugins.observe('on_agent_stopped', stopped('1'));
    plugins.observe('on_agent_stopped', stopped('2'));
    await Promise.resolve();
    expect(seen).toEqual([]);
    await plugins.observed();
    expect(seen).toEqual(['1', '2']);
  });

  it('are told in order and one at a time, also when they are asynchronous', async () => {
    const seen: string[] = [];
    const tell = async ({ reason }: { reason: string }) => {
      seen.push(`${reason} begins`);
      await Promise.resolve();
      seen.push(`${reason} ends`);
    };
    const plugins = await load([observer('a', tell)]);
    for (const reason of ['1', '2']) plugins.observe('on_agent_stopped', stopped(reason));
    await plugins.observed();
    expect(seen).toEqual(['1 begins', '1 ends', '2 begins', '2 ends']);
  });

  it('do not wait for each other, nor does the kernel wait for them', async () => {
    const seen: string[] = [];
    const stopwatch = new ManualStopwatch();
    const plugins = await load(
      [observer('hung', () => new Promise(() => {})), observer('well', ({ reason }) => seen.push(reason))],
      { stopwatch },
    );
    for (const reason of ['1', '2', '3']) plugins.observe('on_agent_stopped', stopped(reason));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(seen).toEqual(['1', '2', '3']);
    expect(plugins.report()).toMatchObject([
      { name: 'hung', calls: 1, queued: 2 },
      { name: 'well', calls: 3, queued: 0 },
    ]);
  });

  it('go on with the next event when the budget of one is up', async () => {
    const stopwatch = new ManualStopwatch();
    const seen: string[] = [];
    const tell = ({ reason }: { reason: string }) => (reason === 'hangs' ? new Promise(() => {}) : seen.push(reason));
    const plugins = await load([observer('a', tell, { budgets: { callMs: { on_agent_stopped: 50 } } })], { stopwatch });
    plugins.observe('on_agent_stopped', stopped('hangs'));
    plugins.observe('on_agent_stopped', stopped('next'));
    await new Promise(setImmediate);
    stopwatch.advance(50);
    await plugins.observed();
    expect(seen).toEqual(['next']);
    expect(plugins.report()[0]).toMatchObject({ timeouts: 1 });
  });

  it('lose the newest events when their queue is full, and each loss is counted', async () => {
    const plugins = await load([observer('slow', () => {})]);
    for (let i = 0; i < observedMax + 3; i++) plugins.observe('on_agent_stopped', stopped(String(i)));
    expect(plugins.report()[0]).toMatchObject({ queued: observedMax, dropped: 3 });
    expect(plugins.findings().filter(({ kind }) => kind === 'queue_full')).toHaveLength(1);
    await plugins.observed();
    expect(plugins.report()[0]).toMatchObject({ calls: observedMax, queued: 0 });
  });

  it('are told for two milliseconds of a turn, then others get theirs', async () => {
    const stopwatch = new ManualStopwatch();
    const seen: string[] = [];
    const slow = observer('slow', ({ reason }) => {
      seen.push(reason);
      stopwatch.advance(turnMsMax / 2);
    });
    const plugins = await load([slow], { stopwatch });
    for (let i = 0; i < 5; i++) plugins.observe('on_agent_stopped', stopped(String(i)));
    const toldBy: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(setImmediate);
      toldBy.push(seen.length);
    }
    expect(toldBy).toEqual([2, 4, 5]);
  });

  it('are told of more in the same turn when they answer within it', async () => {
    const stopwatch = new ManualStopwatch();
    const seen: string[] = [];
    const plugins = await load([observer('a', async ({ reason }) => void seen.push(reason))], { stopwatch });
    for (let i = 0; i < 1_000; i++) plugins.observe('on_agent_stopped', stopped(String(i)));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(seen).toHaveLength(1_000);
  });

  it('are told of what they bring about in the next turn: they would else never end this one', async () => {
    const stopwatch = new ManualStopwatch();
    let told = 0;
    const plugins = await load(
      [
        observer('a', ({ reason }) => {
          if (told++ < 100) plugins.observe('on_agent_stopped', stopped(reason));
        }),
      ],
      { stopwatch },
    );
    plugins.observe('on_agent_stopped', stopped('1'));
    await new Promise(setImmediate);
    expect(told).toBe(1);
    await plugins.observed();
    expect(told).toBe(101);
  });

  it('that throw are counted, and are told of the next event all the same', async () => {
    const plugins = await load([
      observer('a', () => {
        throw new Error('broken');
      }),
    ]);
    for (const reason of ['1', '2']) plugins.observe('on_agent_stopped', stopped(reason));
    await plugins.observed();
    expect(plugins.report()[0]).toMatchObject({ calls: 2, errors: 2 });
  });

  it('get frozen events', async () => {
    let frozen = false;
    const look = (event: { agent: object }) => {
      frozen = Object.isFrozen(event) && Object.isFrozen(event.agent);
    };
    const plugins = await load([plugin('a', { hooks: { on_agent_spawned: look } })]);
    plugins.observe('on_agent_spawned', { agent: agent() });
    await plugins.observed();
    expect(frozen).toBe(true);
  });
});

describe('events that plugins fire', () => {
  const emitter = (hook: string) =>
    plugin('alarm', {
      initialize: (context) =>
        context.emit(hook as 'on_alert_raised', { id: 'alarm:x', severity: 'warning', message: 'm', atMs: 1 }),
    });

  it('reach the observers of other plugins and the kernel', async () => {
    const heard: unknown[] = [];
    const told: unknown[] = [];
    const hooks = { on_alert_raised: (event: unknown) => heard.push(event) };
    const plugins = await load([plugin('a-listener', { hooks }), emitter('on_alert_raised')], {
      emitted: (...event) => told.push(event),
    });
    await plugins.observed();
    const alert = { id: 'alarm:x', severity: 'warning', message: 'm', atMs: 1 };
    expect(heard).toEqual([alert]);
    expect(told).toEqual([['alarm', 'on_alert_raised', alert]]);
  });

  it('do not come back to the plugin that fired them', async () => {
    const heard: string[] = [];
    const echo = (name: string) =>
      plugin(name, {
        hooks: {
          on_alert_resolved: (event: { id: string }, context: { emit: (hook: string, event: unknown) => void }) => {
            heard.push(`${name} hears ${event.id}`);
            if (name === 'a') context.emit('on_alert_resolved', { id: 'echo', atMs: 2 });
          },
        },
      });
    const plugins = await load([echo('a'), echo('b')]);
    plugins.observe('on_alert_resolved', { id: 'first', atMs: 1 });
    await plugins.observed();
    await plugins.observed();
    expect(heard.toSorted()).toEqual(['a hears first', 'b hears echo', 'b hears first']);
  });

  it('must be what observers may rely on: else it is the failure of who fires, and nobody is told', async () => {
    const told: unknown[] = [];
    const wrong: readonly [string, unknown][] = [
      ['on_alert_raised', null],
      ['on_alert_raised', { id: 'x', severity: 'loud', message: 'm', atMs: 1 }],
      ['on_alert_resolved', { atMs: 1 }],
      ['on_performance_metric', { name: 'n', value: Number.NaN, unit: 'ms', agentId: null, taskId: null, atMs: 1 }],
      ['on_session_started', { sessionId: 's', agentIds: 'a', atMs: 1 }],
    ];
    const fires = plugin('fires', {
      hooks: {
        on_agent_stopped: ({ reason }: { reason: string }, context: PluginContext<unknown, unknown>) => {
          const [hook, event] = wrong[Number(reason)] ?? [];
          context.emit(hook as 'on_alert_raised', event as never);
        },
      },
    });
    const hears = plugin('hears', {
      hooks: Object.fromEntries(wrong.map(([hook]) => [hook, (e: unknown) => told.push(e)])),
    });
    const plugins = await load([fires, hears]);
    for (const i of wrong.keys()) plugins.observe('on_agent_stopped', { agent: agent(), reason: `${i}` });
    await plugins.observed();
    expect([told, plugins.alerts()]).toEqual([[], []]);
    const threw = plugins.findings().filter(({ kind }) => kind !== 'breaker_opened');
    expect(threw.map(({ plugin: name, kind, message }) => `${name} ${kind}: ${message}`)).toEqual([
      'fires threw: plugin fires: on_alert_raised takes a record',
      'fires threw: plugin fires: on_alert_raised: severity is wrong',
      'fires threw: plugin fires: on_alert_resolved: id is wrong',
      'fires threw: plugin fires: on_performance_metric: value is wrong',
      'fires threw: plugin fires: on_session_started: agentIds is wrong',
    ]);
  });

  it('must be among those that plugins may fire', async () => {
    await expect(load([emitter('on_agent_spawned')])).rejects.toThrow('plugins do not fire on_agent_spawned');
  });
});
