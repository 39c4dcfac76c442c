import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BUDGETS } from '../../../src/contract/plugins.ts';
import { drainMsMax } from '../../../src/kernel/hooks/lifecycle.ts';
import { observedMax } from '../../../src/kernel/hooks/observer-queue.ts';
import { timersMax } from '../../../src/kernel/hooks/timers.ts';
import { agent, failureOf, load, ManualStopwatch, plugin, spawnEvent } from './support.ts';

/** Writes down its steps; vetoes with its version, so that one sees which version is asked. */
function noting(name: string, steps: string[], parts: Parameters<typeof plugin>[1] & { label?: string } = {}) {
  const { label = name, ...rest } = parts;
  return plugin(name, {
    initialize: () => void steps.push(`${label} initialize`),
    dispose: () => void steps.push(`${label} dispose`),
    hooks: { allow_agent_spawn: () => ({ veto: label }) },
    ...rest,
  });
}

const answerOf = (plugins: Awaited<ReturnType<typeof load>>, operation = plugins.begin()) => {
  try {
    operation.guard('allow_agent_spawn', spawnEvent());
    return null;
  } catch (error) {
    return (error as { reason: string }).reason;
  } finally {
    operation.end();
  }
};

describe('loading a set of plugins', () => {
  it('initialises in order, and close disposes in the reverse order', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('a', steps, { requires: ['b'] }), noting('b', steps)]);
    await plugins.close();
    expect(steps).toEqual(['b initialize', 'a initialize', 'a dispose', 'b dispose']);
  });

  it('disposes of nothing, when it is closed, before all that waits was observed', async () => {
    const steps: string[] = [];
    const on_agent_stopped = async ({ reason }: { reason: string }) => {
      await new Promise(setImmediate);
      steps.push(`a observes ${reason}`);
    };
    const plugins = await load([noting('a', steps, { hooks: { on_agent_stopped } })]);
    for (const reason of ['x', 'y']) plugins.observe('on_agent_stopped', { agent: agent(), reason });
    await plugins.close();
    expect(steps).toEqual(['a initialize', 'a observes x', 'a observes y', 'a dispose']);
  });

  it('is all or nothing: what was initialised is disposed of when a later one fails', async () => {
    const steps: string[] = [];
    const fails = plugin('b', {
      initialize: () => {
        throw new Error('no database');
      },
    });
    const failure = await failureOf(() => load([noting('a', steps), fails, noting('c', steps)]));
    expect(failure).toEqual({ code: 'PLUGIN_FAILED', message: 'plugin b, initialize: no database' });
    expect(steps).toEqual(['a initialize', 'a dispose']);
  });

  it('does not wait for ever', async () => {
    const stopwatch = new ManualStopwatch();
    const loading = load([plugin('a', { initialize: () => new Promise(() => {}) })], { stopwatch });
    const failure = failureOf(() => loading);
    await Promise.resolve();
    stopwatch.advance(BUDGETS.initializeMs);
    expect((await failure).message).toBe(`plugin a, initialize: not done after ${BUDGETS.initializeMs} ms`);
  });
});

describe('a plugin at run time', () => {
  it('is loaded beside the others, in its place in the order', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('b', steps)]);
    await plugins.load(noting('a', steps));
    expect(plugins.explainOrder().map((row) => row.plugin)).toEqual(['a', 'b']);
    expect(answerOf(plugins)).toBe('a');
  });

  it('is refused when it does not fit the loaded ones, which go on', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('a', steps, { requires: [] })]);
    const misfits = [
      noting('b', steps, { requires: ['missing'] }),
      noting('b', steps, { before: ['a'], after: ['a'] }),
      noting('b', steps, { hooks: { on_nothing: () => {} } }),
    ];
    const codes = await Promise.all(misfits.map(async (misfit) => (await failureOf(() => plugins.load(misfit))).code));
    expect(codes).toEqual(['PLUGIN_MISSING', 'PLUGIN_CYCLE', 'PLUGIN_INVALID']);
    expect(steps).toEqual(['a initialize']);
    expect(answerOf(plugins)).toBe('a');
  });

  it('is not unloaded while another requires it', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('a', steps), noting('b', steps, { requires: ['a'] })]);
    expect(await failureOf(() => plugins.unload('a'))).toEqual({
      code: 'PLUGIN_MISSING',
      message: 'b requires a, which is not loaded',
    });
    await plugins.unload('b');
    await plugins.unload('a');
    expect(steps.slice(2)).toEqual(['b dispose', 'a dispose']);
    expect(answerOf(plugins)).toBeNull();
    expect((await failureOf(() => plugins.unload('a'))).code).toBe('PLUGIN_GONE');
  });
});

describe("a plugin's signal", () => {
  it('aborts when the plugin goes, before it is disposed of', async () => {
    const seen: boolean[] = [];
    const look = ({ signal }: { signal: AbortSignal }) => void seen.push(signal.aborted);
    const plugins = await load([plugin('p', { initialize: look, dispose: look })]);
    await plugins.unload('p');
    expect(seen).toEqual([false, true]);
  });
});

describe('a hot swap', () => {
  it('has who waits for all events to be observed wait for the new one too, and goes on counting what was dropped', async () => {
    const first = Promise.withResolvers<void>();
    const stopped = { agent: agent(), reason: 'x' };
    let seen = 0;
    const told = (version: string, on_agent_stopped: () => unknown) =>
      plugin('p', { version, hooks: { on_agent_stopped } });
    const plugins = await load([told('1.0.0', () => first.promise)]);
    for (let i = 0; i < observedMax + 5; i++) plugins.observe('on_agent_stopped', stopped);
    const dropped = plugins.report()[0]?.dropped;
    let isObserved = false;
    const observed = plugins.observed().then(() => {
      isObserved = true;
    });
    const second = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const swap = plugins.load(
      told('1.0.1', () => {
        seen += 1;
        held.resolve();
        return second.promise;
      }),
    );
    first.resolve();
    await held.promise;
    await swap;
    expect([isObserved, plugins.report()[0]?.dropped]).toEqual([false, dropped]);
    second.resolve();
    await observed;
    expect(dropped).toBe(5);
    expect(seen + 5).toBeGreaterThanOrEqual(observedMax);
  });

  it('provisions, validates, swaps, drains and disposes, in this order', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('p', steps, { label: 'old' })]);
    const underWay = plugins.begin();
    const swapped = plugins.load(noting('p', steps, { label: 'new', version: '2.0.0' }));
    await new Promise(setImmediate);
    expect(steps).toEqual(['old initialize', 'new initialize']);
    expect(answerOf(plugins)).toBe('new');
    expect(answerOf(plugins, underWay)).toBe('old');
    await swapped;
    expect(steps).toEqual(['old initialize', 'new initialize', 'old dispose']);
    expect(plugins.report()[0]).toMatchObject({ version: '2.0.0' });
  });

  it('waits also for operations that began before an earlier change', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('p', steps, { label: 'old' })]);
    const underWay = plugins.begin();
    await plugins.load(plugin('z-other'));
    const swapped = plugins.load(noting('p', steps, { label: 'new' }));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(steps).toEqual(['old initialize', 'new initialize']);
    underWay.end();
    await swapped;
    expect(steps.at(-1)).toBe('old dispose');
  });

  it('carries the state over as it is at the swap', async () => {
    const states: { n: number }[] = [];
    const counter = (version: string) =>
      plugin('p', {
        version,
        state: { version: 1, initial: () => ({ n: 0 }) },
        initialize: ({ state }) => void states.push(state as { n: number }),
        hooks: { allow_agent_spawn: (_: never, { state }: { state: { n: number } }) => void state.n++ },
      });
    const plugins = await load([counter('1.0.0')]);
    answerOf(plugins);
    answerOf(plugins);
    await plugins.load(counter('1.1.0'));
    answerOf(plugins);
    expect(states).toEqual([{ n: 2 }, { n: 3 }]);
  });

  it('loses no event: what is being told ends first, and what waits is told to the new one, in order', async () => {
    const first = Promise.withResolvers<void>();
    const audit = (version: string) =>
      plugin('audit', {
        version,
        state: { version: 1, initial: () => ({ seen: [] as string[] }) },
        hooks: {
          async on_agent_stopped({ reason }: { reason: string }, { state }: { state: { seen: string[] } }) {
            if (reason === 'e0') await first.promise;
            state.seen.push(`${version} ${reason}`);
          },
        },
      });
    const plugins = await load([audit('1.0.0')]);
    const stop = (reason: string) => plugins.observe('on_agent_stopped', { agent: agent(), reason });
    for (let i = 0; i < 4; i++) stop(`e${i}`);
    await new Promise(setImmediate);
    const swap = plugins.load(audit('1.0.1'));
    await new Promise(setImmediate);
    stop('e4');
    first.resolve();
    await swap;
    stop('e5');
    await plugins.observed();
    const { audit: kept } = await plugins.snapshot();
    expect(kept?.state).toEqual({
      seen: ['1.0.0 e0', '1.0.1 e1', '1.0.1 e2', '1.0.1 e3', '1.0.1 e4', '1.0.1 e5'],
    });
    expect(plugins.findings()).toEqual([]);
  });

  it('that fails tells the old one what waited meanwhile', async () => {
    const seen: string[] = [];
    const hooks = { on_agent_stopped: ({ reason }: { reason: string }) => void seen.push(reason) };
    const state = { version: 1, initial: () => ({}) };
    const plugins = await load([plugin('audit', { hooks, state })]);
    plugins.observe('on_agent_stopped', { agent: agent(), reason: 'waits' });
    const refuses = { version: 2, initial: () => ({}) };
    expect((await failureOf(() => plugins.load(plugin('audit', { hooks, state: refuses })))).code).toBe(
      'PLUGIN_INVALID',
    );
    await plugins.observed();
    expect(seen).toEqual(['waits']);
  });

  it('does not wait for ever for what the old one is being told', async () => {
    const stopwatch = new ManualStopwatch();
    const parts = {
      hooks: { on_agent_stopped: () => new Promise(() => {}) },
      budgets: { callMs: { on_agent_stopped: 10 * drainMsMax } },
    };
    const plugins = await load([plugin('slow', parts)], { stopwatch });
    plugins.observe('on_agent_stopped', { agent: agent(), reason: 'x' });
    await new Promise(setImmediate);
    const swap = plugins.load(plugin('slow', parts));
    for (let i = 0; i < 2; i++) {
      await new Promise(setImmediate);
      stopwatch.advance(drainMsMax);
    }
    await swap;
    expect(plugins.findings().map(({ place, kind }) => `${place} ${kind}`)).toEqual([
      'swap drain_timed_out',
      'drain drain_timed_out',
    ]);
  });

  it('that fails leaves the old one running, and disposes of the new one', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('p', steps, { label: 'old' })]);
    const broken = noting('p', steps, {
      label: 'new',
      initialize: () => {
        throw new Error('cannot');
      },
    });
    expect((await failureOf(() => plugins.load(broken))).message).toBe('plugin p, initialize: cannot');
    expect(steps).toEqual(['old initialize', 'new dispose']);
    expect(answerOf(plugins)).toBe('old');
  });

  it('that cannot take the state over leaves the old one running', async () => {
    const steps: string[] = [];
    const state = (version: number) => ({ state: { version, initial: () => ({}) } });
    const plugins = await load([noting('p', steps, { label: 'old', ...state(1) })]);
    expect((await failureOf(() => plugins.load(noting('p', steps, { label: 'new', ...state(2) })))).code).toBe(
      'PLUGIN_INVALID',
    );
    expect(answerOf(plugins)).toBe('old');
  });

  it('waits for events and capability calls of the old one', async () => {
    const steps: string[] = [];
    const { promise, resolve } = Promise.withResolvers<number>();
    const parts = {
      capabilities: { slow: { says: '', input: z.undefined(), output: z.number() } },
      serve: { slow: () => promise },
      hooks: { on_agent_stopped: () => void steps.push('old observes') },
    };
    const old = noting('p', steps, { label: 'old', ...parts });
    const plugins = await load([old]);
    const answer = (plugins.use(old) as { slow: () => Promise<number> }).slow();
    plugins.observe('on_agent_stopped', { agent: agent(), reason: 'x' });
    const swapped = plugins.load(noting('p', steps, { label: 'new' }));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(steps).toEqual(['old initialize', 'new initialize', 'old observes']);
    resolve(1);
    await swapped;
    expect(await answer).toBe(1);
    expect(steps.at(-1)).toBe('old dispose');
  });

  it('does not drain for ever', async () => {
    const steps: string[] = [];
    const stopwatch = new ManualStopwatch();
    const plugins = await load([noting('p', steps, { label: 'old' })], { stopwatch });
    plugins.begin();
    const swapped = plugins.load(noting('p', steps, { label: 'new' }));
    await new Promise(setImmediate);
    stopwatch.advance(drainMsMax);
    await swapped;
    expect(steps.at(-1)).toBe('old dispose');
    expect(plugins.findings()).toMatchObject([{ plugin: 'p', kind: 'drain_timed_out' }]);
  });

  it('is one change after the other, whoever asks', async () => {
    const steps: string[] = [];
    const plugins = await load([noting('p', steps, { label: 'v1' })]);
    await Promise.all([
      plugins.load(noting('p', steps, { label: 'v2' })),
      plugins.load(noting('p', steps, { label: 'v3' })),
      plugins.unload('p'),
    ]);
    expect(steps).toEqual([
      'v1 initialize',
      'v2 initialize',
      'v1 dispose',
      'v3 initialize',
      'v2 dispose',
      'v3 dispose',
    ]);
  });

  it('does not stop because the old one cannot be disposed of; that is counted', async () => {
    const steps: string[] = [];
    const dispose = () => Promise.reject(new Error('stuck'));
    const plugins = await load([noting('p', steps, { label: 'old', dispose })]);
    await plugins.load(noting('p', steps, { label: 'new' }));
    expect(answerOf(plugins)).toBe('new');
    expect(plugins.findings()).toMatchObject([{ kind: 'dispose_failed', message: 'plugin p, dispose: stuck' }]);
  });
});

describe('a change of config', () => {
  const config = z.object({ limit: z.number().default(3) });

  it('is told with the previous one, and stands from then on', async () => {
    const told: unknown[] = [];
    const tell = (previous: unknown, context: { config: unknown }) => void told.push([previous, context.config]);
    const plugins = await load([plugin('p', { config, on_config_changed: tell as never })]);
    await plugins.configure('p', { limit: 9 });
    expect(told).toEqual([[{ limit: 3 }, { limit: 9 }]]);
  });

  it('that the plugin or its schema refuses leaves the previous one', async () => {
    let current: () => unknown = () => undefined;
    const parts = {
      config,
      initialize: (context: { config: unknown }) => {
        current = () => context.config;
      },
      on_config_changed: () => {
        throw new Error('not now');
      },
    };
    const plugins = await load([plugin('p', parts)]);
    expect((await failureOf(() => plugins.configure('p', { limit: 'x' }))).code).toBe('PLUGIN_INVALID');
    expect((await failureOf(() => plugins.configure('p', { limit: 4 }))).message).toBe(
      'plugin p, on_config_changed: not now',
    );
    expect(current()).toEqual({ limit: 3 });
  });
});

function manualClock() {
  const due: { atMs: number; then: () => void }[] = [];
  let nowMs = 0;
  const after = (delayMs: number, then: () => void) => {
    const timer = { atMs: nowMs + delayMs, then };
    due.push(timer);
    return () => void due.splice(due.indexOf(timer), 1);
  };
  const advance = async (ms: number) => {
    nowMs += ms;
    for (const timer of due.filter(({ atMs }) => atMs <= nowMs)) {
      due.splice(due.indexOf(timer), 1);
      timer.then();
    }
    await new Promise(setImmediate);
  };
  return { now: () => nowMs, after, advance, due };
}

describe('what a plugin repeats', () => {
  it("runs by the kernel's clock, never overlaps itself, and ends with the plugin", async () => {
    const clock = manualClock();
    const turns: number[] = [];
    let finish = () => {};
    const initialize = (context: { repeat: (everyMs: number, turn: () => Promise<void>) => void }) =>
      context.repeat(100, () => {
        turns.push(clock.now());
        return new Promise((resolve) => {
          finish = resolve;
        });
      });
    const plugins = await load([plugin('p', { initialize: initialize as never })], { clock });
    await clock.advance(100);
    await clock.advance(100);
    expect(turns).toEqual([100]);
    finish();
    await clock.advance(0);
    await clock.advance(100);
    expect(turns).toEqual([100, 300]);
    finish();
    await plugins.unload('p');
    expect(clock.due).toEqual([]);
  });

  it('is isolated like a hook', async () => {
    const clock = manualClock();
    const initialize = (context: { repeat: (everyMs: number, turn: () => void) => void }) =>
      context.repeat(100, () => {
        throw new Error('broken');
      });
    const plugins = await load([plugin('p', { initialize: initialize as never })], { clock });
    await clock.advance(100);
    await clock.advance(100);
    expect(plugins.report()[0]).toMatchObject({ calls: 2, errors: 2 });
    expect(plugins.findings()[0]).toMatchObject({ place: 'repeat:1', kind: 'threw' });
  });
});

describe('what a plugin does later', () => {
  type Later = { readonly after: (delayMs: number, turn: () => unknown) => () => void };
  const later = (initialize: (context: Later) => void, parts = {}) =>
    plugin('p', { initialize: initialize as never, ...parts });

  it("runs once, by the kernel's clock, unless it was called off", async () => {
    const clock = manualClock();
    const turns: string[] = [];
    const initialize = (context: Later) => {
      context.after(100, () => void turns.push(`at ${clock.now()}`));
      context.after(50, () => void turns.push('called off'))();
    };
    await load([later(initialize)], { clock });
    await clock.advance(99);
    expect(turns).toEqual([]);
    await clock.advance(1);
    await clock.advance(1_000);
    expect(turns).toEqual(['at 100']);
    expect(clock.due).toEqual([]);
  });

  it('ends with the plugin, also what is asked for while it is disposed of', async () => {
    const clock = manualClock();
    let held: Later | undefined;
    const initialize = (given: Later) => {
      held = given;
      given.after(100, () => {});
    };
    const plugins = await load([later(initialize, { dispose: () => void held?.after(1, () => {}) })], { clock });
    await plugins.unload('p');
    expect(clock.due).toEqual([]);
  });

  it('is isolated and counted like a hook, but never left out: it would not come by again', async () => {
    const clock = manualClock();
    const turns: number[] = [];
    const initialize = (context: Later) => {
      for (let i = 1; i <= 20; i++) {
        context.after(i, () => {
          turns.push(i);
          throw new Error('broken');
        });
      }
    };
    const plugins = await load([later(initialize)], { clock });
    await clock.advance(20);
    expect(turns).toHaveLength(20);
    expect(plugins.report()[0]).toMatchObject({ calls: 20, errors: 20, breaker: 'closed', findings: { threw: 20 } });
  });

  it('is bounded', async () => {
    let refused: unknown;
    const initialize = (context: Later) => {
      for (let i = 0; i < timersMax; i++) context.after(1, () => {});
      try {
        context.after(1, () => {});
      } catch (error) {
        refused = error;
      }
    };
    await load([later(initialize)], { clock: manualClock() });
    expect(refused).toEqual(new RangeError(`a plugin has at most ${timersMax} timers`));
  });
});

describe('what a plugin finds itself', () => {
  it('is counted and told like what the kernel finds of it', async () => {
    const initialize = ({ finding }: { finding: (message: string) => void }) => finding('the disk is slow');
    const plugins = await load([plugin('p', { initialize: initialize as never })]);
    expect(plugins.findings()).toMatchObject([{ plugin: 'p', kind: 'reported', message: 'the disk is slow' }]);
    expect(plugins.report()[0]).toMatchObject({
      findings: { reported: 1 },
      lastFinding: 'plugin: it said so itself: the disk is slow',
    });
  });
});
