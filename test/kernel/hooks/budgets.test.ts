import { describe, expect, it } from 'vitest';
import { BREAKER } from '../../../src/kernel/hooks/breaker.ts';
import { unsettledPerPluginMax } from '../../../src/kernel/hooks/unsettled.ts';
import { delegateEvent, load, ManualStopwatch, plugin, spawnEvent } from './support.ts';

const never = () => new Promise<never>(() => {});
const guard = (name: string, answer: () => unknown, parts = {}) =>
  plugin(name, { hooks: { allow_agent_spawn: answer }, budgets: { callMs: { allow_agent_spawn: 20 } }, ...parts });

describe("a call's budget", () => {
  it('ends the wait for a promise; the call goes on without the plugin', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([guard('slow', never), guard('well', () => undefined)], { stopwatch });
    const verdict = plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(stopwatch.timers).toBe(1);
    stopwatch.advance(19);
    expect(plugins.report()[0]).toMatchObject({ timeouts: 0 });
    stopwatch.advance(1);
    await verdict;
    expect(plugins.report()[0]).toMatchObject({ calls: 1, timeouts: 1, errors: 1, findings: { timed_out: 1 } });
    expect(plugins.findings()).toMatchObject([
      { plugin: 'slow', kind: 'timed_out', message: 'given up after 20.0 ms' },
    ]);
  });

  it('vetoes when the plugin is closed', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([guard('slow', never, { onError: 'closed' })], { stopwatch });
    const verdict = plugins.begin().guard('allow_agent_spawn', spawnEvent());
    stopwatch.advance(20);
    await expect(verdict).rejects.toThrow("plugin slow refused: it has no say and is declared onError: 'closed'");
  });

  it('sets no timer for a hook that answers at once, and leaves none behind', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([guard('a', () => undefined), guard('b', async () => undefined)], { stopwatch });
    await plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(stopwatch.timers).toBe(0);
  });

  it('is overrun, not cut, by a hook that holds the event loop; its answer counts', async () => {
    const stopwatch = new ManualStopwatch();
    const hold = () => {
      stopwatch.advance(25);
      return { veto: 'after thinking' };
    };
    const plugins = await load([guard('busy', hold)], { stopwatch });
    expect(() => plugins.begin().guard('allow_agent_spawn', spawnEvent())).toThrow('after thinking');
    expect(plugins.report()[0]).toMatchObject({ overruns: 1, errors: 0, vetoes: 1 });
    expect(plugins.findings()).toMatchObject([{ kind: 'overran', message: '25.0 ms of 20 ms' }]);
  });

  it('keeps the promise in the registry of what is owed until it settles, and counts that it came late', async () => {
    const stopwatch = new ManualStopwatch();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const plugins = await load([guard('slow', () => promise)], { stopwatch });
    const verdict = plugins.begin().guard('allow_agent_spawn', spawnEvent());
    stopwatch.advance(20);
    await verdict;
    expect(plugins.unsettled()).toEqual([
      { plugin: 'slow', place: 'allow_agent_spawn', sinceMs: 1_000, givenUp: true },
    ]);
    stopwatch.advance(100);
    resolve({ veto: 'too late to matter' });
    await promise;
    expect(plugins.unsettled()).toEqual([]);
    expect(plugins.findings().at(-1)).toMatchObject({ kind: 'settled_late', message: 'after 120.0 ms' });
  });
});

describe("an operation's budget", () => {
  const transform = (name: string, patch: () => unknown, parts = {}) =>
    plugin(name, {
      hooks: { before_task_delegate: patch },
      writes: { before_task_delegate: { priority: 'max' } },
      ...parts,
    });

  it('is one for all plugins and all hooks of the operation', async () => {
    const stopwatch = new ManualStopwatch();
    const take = () => stopwatch.advance(40);
    const plugins = await load([transform('a', take), transform('b', take), guard('c', take)], { stopwatch });
    const operation = plugins.begin(60);
    operation.transform('before_task_delegate', delegateEvent());
    operation.guard('allow_agent_spawn', spawnEvent());
    expect(plugins.report().map(({ calls, skipped }) => [calls, skipped])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    expect(plugins.findings().at(-1)).toMatchObject({ plugin: 'c', kind: 'operation_budget' });
  });

  it('ends a wait early, and vetoes for a closed plugin that it leaves no time', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([transform('a', never), guard('b', () => undefined, { onError: 'closed' })], {
      stopwatch,
    });
    const operation = plugins.begin(30);
    const event = operation.transform('before_task_delegate', delegateEvent());
    stopwatch.advance(30);
    await event;
    expect(plugins.findings()).toMatchObject([{ plugin: 'a', kind: 'timed_out', message: 'given up after 30.0 ms' }]);
    expect(() => operation.guard('allow_agent_spawn', spawnEvent())).toThrow('plugin b refused');
  });

  it('counts guards that wait at the same time once', async () => {
    const stopwatch = new ManualStopwatch();
    const answers = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const guards = answers.map(({ promise }, i) => guard(`g${i}`, () => promise));
    const plugins = await load([...guards, transform('after', () => ({ priority: 99 }))], { stopwatch });
    const operation = plugins.begin(30);
    const verdict = operation.guard('allow_agent_spawn', spawnEvent());
    stopwatch.advance(18);
    for (const { resolve } of answers) resolve(undefined);
    await verdict;
    expect(operation.transform('before_task_delegate', delegateEvent())).toHaveProperty('priority', 99);
  });
});

describe("the operation's budget of a kernel", () => {
  it('is what its config says, and each operation that uses it up is counted', async () => {
    const stopwatch = new ManualStopwatch();
    const hit: string[] = [];
    const limits = { operationMs: 100, limitHit: (name: string) => void hit.push(name) };
    const take = () => stopwatch.advance(101);
    const names = ['a', 'b', 'c'];
    const plugins = await load(
      names.map((name) => guard(name, take, { budgets: { callMs: { allow_agent_spawn: 500 } } })),
      { stopwatch, ...limits },
    );
    plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(plugins.report().map(({ calls, skipped }) => [calls, skipped])).toEqual([
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
    expect(hit).toEqual(['operationMs']);
    plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(hit).toEqual(['operationMs', 'operationMs']);
    expect(plugins.report().map(({ findings }) => findings)).toEqual([
      {},
      { operation_budget: 2 },
      { operation_budget: 2 },
    ]);
  });

  it('that others used up is not held against a plugin, however often; it is given up all the same', async () => {
    const stopwatch = new ManualStopwatch();
    const slow = (name: string) =>
      plugin(name, {
        hooks: { before_task_delegate: never },
        writes: { before_task_delegate: { priority: 'max' } },
        budgets: { callMs: { before_task_delegate: 60 } },
      });
    const plugins = await load([slow('a'), slow('b')], { stopwatch, operationMs: 100 });
    for (let i = 0; i < BREAKER.failuresMin; i++) {
      const event = plugins.begin().transform('before_task_delegate', delegateEvent());
      stopwatch.advance(60);
      await new Promise(setImmediate);
      stopwatch.advance(40);
      await event;
    }
    expect(plugins.report()).toMatchObject([
      { breaker: 'open', timeouts: 5, findings: { timed_out: 5, breaker_opened: 1 } },
      { breaker: 'closed', timeouts: 5, errors: 0, findings: { operation_budget: 5 } },
    ]);
  });
});

describe('the breaker of a hook', () => {
  async function withBreaker() {
    const stopwatch = new ManualStopwatch();
    const state = { fails: true, asked: 0 };
    const answer = () => {
      state.asked++;
      if (state.fails) throw new Error('broken');
    };
    const plugins = await load([plugin('p', { hooks: { allow_agent_spawn: answer, on_agent_stopped: () => {} } })], {
      stopwatch,
    });
    const ask = () => plugins.begin().guard('allow_agent_spawn', spawnEvent());
    const breaker = () => plugins.report()[0]?.breaker;
    for (let i = 0; i < BREAKER.failuresMin; i++) ask();
    return { stopwatch, state, plugins, ask, breaker };
  }

  it('opens after repeated failures, for that hook alone', async () => {
    const { state, ask, breaker, plugins } = await withBreaker();
    expect(breaker()).toBe('open');
    expect(plugins.report()[0]?.leftAlone).toEqual(['allow_agent_spawn']);
    ask();
    expect(state.asked).toBe(BREAKER.failuresMin);
    expect(plugins.report()[0]).toMatchObject({ skipped: 1 });
    expect(plugins.findings().at(-1)).toMatchObject({ kind: 'breaker_opened' });
  });

  it('lets one call try after the cooldown, and closes when it succeeds', async () => {
    const { stopwatch, state, ask, breaker } = await withBreaker();
    stopwatch.advance(BREAKER.cooldownMs);
    state.fails = false;
    ask();
    expect(breaker()).toBe('closed');
    ask();
    expect(state.asked).toBe(BREAKER.failuresMin + 2);
  });

  it('stays open twice as long after a trial that fails', async () => {
    const { stopwatch, state, ask } = await withBreaker();
    stopwatch.advance(BREAKER.cooldownMs);
    ask();
    stopwatch.advance(BREAKER.cooldownMs);
    ask();
    expect(state.asked).toBe(BREAKER.failuresMin + 1);
    stopwatch.advance(BREAKER.cooldownMs);
    ask();
    expect(state.asked).toBe(BREAKER.failuresMin + 2);
  });

  it('stays open five minutes at most, however many trials fail', async () => {
    const { stopwatch, state, ask } = await withBreaker();
    for (let trial = 1; trial <= 10; trial++) {
      stopwatch.advance(300_000);
      ask();
      expect(state.asked).toBe(BREAKER.failuresMin + trial);
    }
    stopwatch.advance(299_999);
    ask();
    expect(state.asked).toBe(BREAKER.failuresMin + 10);
  });

  it('makes another trial when others used up the time of the first', async () => {
    const stopwatch = new ManualStopwatch();
    let asked = 0;
    let answers: { first: () => unknown; second: () => unknown } = {
      first: () => undefined,
      second: () => {
        throw new Error('broken');
      },
    };
    const writer = (name: string, hook: () => unknown) =>
      plugin(name, {
        hooks: { before_task_delegate: hook },
        writes: { before_task_delegate: { priority: 'max' } },
        budgets: { callMs: { before_task_delegate: 60 } },
      });
    const second = () => {
      asked++;
      return answers.second();
    };
    const plugins = await load([writer('a', () => answers.first()), writer('b', second)], {
      stopwatch,
      operationMs: 100,
    });
    const ask = () => plugins.begin().transform('before_task_delegate', delegateEvent());
    const breaker = () => plugins.report()[1]?.breaker;
    for (let i = 0; i < BREAKER.failuresMin; i++) ask();
    expect(breaker()).toBe('open');
    stopwatch.advance(BREAKER.cooldownMs);
    answers = { first: never, second: never };
    const trial = ask();
    stopwatch.advance(60);
    await new Promise(setImmediate);
    expect([breaker(), asked]).toEqual(['half_open', BREAKER.failuresMin + 1]);
    stopwatch.advance(40);
    await trial;
    expect(breaker()).toBe('open');
    answers = { first: () => undefined, second: () => undefined };
    // As long as before: the trial told nothing of the plugin.
    stopwatch.advance(BREAKER.cooldownMs - 1);
    ask();
    expect(breaker()).toBe('open');
    stopwatch.advance(1);
    ask();
    expect([breaker(), asked]).toEqual(['closed', BREAKER.failuresMin + 2]);
  });

  it('lets only one call try at a time', async () => {
    const stopwatch = new ManualStopwatch();
    let answer: () => unknown = () => {
      throw new Error('broken');
    };
    const plugins = await load([guard('p', () => answer())], { stopwatch });
    const ask = () => plugins.begin().guard('allow_agent_spawn', spawnEvent());
    for (let i = 0; i < BREAKER.failuresMin; i++) ask();
    stopwatch.advance(BREAKER.cooldownMs);
    const trial = Promise.withResolvers<undefined>();
    answer = () => trial.promise;
    const tried = ask();
    expect(plugins.report()[0]?.breaker).toBe('half_open');
    expect(ask()).toBeUndefined();
    expect(plugins.report()[0]).toMatchObject({ calls: BREAKER.failuresMin + 1, skipped: 1 });
    trial.resolve(undefined);
    await tried;
    expect(plugins.report()[0]?.breaker).toBe('closed');
  });

  it('does not open for failures that are rare among many calls, or far apart', async () => {
    const stopwatch = new ManualStopwatch();
    let call = 0;
    const rarely = () => {
      if (++call % 20 === 0) throw new Error('rare');
    };
    const plugins = await load([guard('p', rarely)], { stopwatch });
    for (let i = 0; i < 400; i++) plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(plugins.report()[0]).toMatchObject({ errors: 20, breaker: 'closed' });
  });
});

describe('a plugin that holds the event loop', () => {
  it('for longer than its budget, whose answers are used all the same, is not left alone for that', async () => {
    const stopwatch = new ManualStopwatch();
    const parts = { hooks: { allow_agent_spawn: () => stopwatch.advance(60) }, onError: 'closed' as const };
    const plugins = await load([plugin('stalled', parts)], { stopwatch });
    for (let i = 0; i < 3 * BREAKER.failuresMin; i++) {
      plugins.begin().guard('allow_agent_spawn', spawnEvent());
      stopwatch.advance(1_000);
    }
    expect(plugins.report()[0]).toMatchObject({ breaker: 'closed', vetoes: 0, errors: 0, overruns: 15, skipped: 0 });
    expect(plugins.findings().map(({ kind }) => kind)).toContain('overran');
  });

  it('for more than its share of ten seconds is left alone altogether, then tried again', async () => {
    const stopwatch = new ManualStopwatch();
    const hooks = { allow_agent_spawn: () => stopwatch.advance(90), on_agent_stopped: () => {} };
    const parts = { hooks, budgets: { callMs: { allow_agent_spawn: 100 }, loopShareMax: 0.1 } };
    const plugins = await load([plugin('greedy', parts)], { stopwatch });
    const ask = () => plugins.begin().guard('allow_agent_spawn', spawnEvent());
    for (let i = 0; i < 11; i++) ask();
    expect(plugins.report()[0]).toMatchObject({ breaker: 'closed', loopShare: 0.099 });
    ask();
    expect(plugins.findings().map(({ kind }) => kind)).toContain('loop_share');
    expect(plugins.report()[0]?.leftAlone).toEqual(['allow_agent_spawn', 'on_agent_stopped']);
    stopwatch.advance(BREAKER.cooldownMs);
    ask();
    expect(plugins.report()[0]).toMatchObject({ calls: 13, leftAlone: ['on_agent_stopped'] });
  });

  it('is within its share when the same time is spread out', async () => {
    const stopwatch = new ManualStopwatch();
    const hooks = { allow_agent_spawn: () => stopwatch.advance(90) };
    const parts = { hooks, budgets: { callMs: { allow_agent_spawn: 100 }, loopShareMax: 0.1 } };
    const plugins = await load([plugin('calm', parts)], { stopwatch });
    for (let i = 0; i < 50; i++) {
      plugins.begin().guard('allow_agent_spawn', spawnEvent());
      stopwatch.advance(1_000);
    }
    expect(plugins.report()[0]).toMatchObject({ calls: 50, skipped: 0, breaker: 'closed' });
  });
});

describe('a plugin whose promises do not settle', () => {
  it('is skipped once it owes too many', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([guard('hung', never)], { stopwatch });
    const pending = Array.from({ length: unsettledPerPluginMax }, () =>
      plugins.begin().guard('allow_agent_spawn', spawnEvent()),
    );
    expect(plugins.begin().guard('allow_agent_spawn', spawnEvent())).toBeUndefined();
    expect(plugins.report()[0]).toMatchObject({ unsettled: unsettledPerPluginMax, skipped: 1 });
    stopwatch.advance(20);
    await Promise.all(pending);
  });
});
