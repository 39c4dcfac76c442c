/**
 * An earlier orchestrator with plugins, measured before this one was written, failed in seventeen ways. These
 * are the ones that concern plugins, by their number; those of the kernel stand in test/kernel.
 */
import { describe, expect, it } from 'vitest';
import { HOOKS, type HookEvents, type HookName } from '../../../src/contract/hooks.ts';
import { delegateEvent, failureOf, load, ManualStopwatch, plugin, spawnEvent, task } from './support.ts';

describe('failure 1: any plugin with a dependency was reported as a circular dependency', () => {
  it('a plugin with dependencies loads after them', async () => {
    const plugins = await load([plugin('a', { requires: ['b', 'c'] }), plugin('b', { requires: ['c'] }), plugin('c')]);
    expect(plugins.explainOrder().map((row) => row.plugin)).toEqual(['c', 'b', 'a']);
  });
});

describe('failure 8: every before-hook got the original value and the last result won', () => {
  it('two plugins that each add a key both keep it, and the second sees the first', async () => {
    const seen: unknown[] = [];
    const adding = (name: string, key: string) =>
      plugin(name, {
        hooks: {
          before_task_delegate: (event: HookEvents['before_task_delegate']) => {
            seen.push(Object.keys(event.attributes));
            return { attributes: { [key]: name } };
          },
        },
        writes: { before_task_delegate: { attributes: 'merge' } },
      });
    const plugins = await load([adding('a', 'user'), adding('b', 'trace')]);
    const event = await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(event.attributes).toEqual({ tenant: 't1', user: 'a', trace: 'b' });
    expect(seen).toEqual([['tenant'], ['tenant', 'user']]);
  });
});

describe('failure 9: every plugin was registered for every hook, and each no-op was timed', () => {
  it('a plugin is called for the hooks that it implements, and costs nothing elsewhere', async () => {
    const plugins = await load([plugin('a', { hooks: { allow_agent_spawn: () => undefined } }), plugin('b')]);
    const operation = plugins.begin();
    operation.transform('before_agent_spawn', spawnEvent());
    operation.guard('allow_agent_spawn', spawnEvent());
    operation.guard('allow_task_delegate', delegateEvent());
    expect(plugins.report().map(({ calls }) => calls)).toEqual([1, 0]);
    const silent = (Object.keys(HOOKS) as HookName[]).filter((hook) => hook !== 'allow_agent_spawn');
    expect(silent.filter((hook) => plugins.listens(hook))).toEqual([]);
  });
});

describe('failure 10: a restore replaced the state, and plugins went on with the old one', () => {
  it('a plugin that held a part of its state sees it restored', async () => {
    const held: { counts?: Record<string, number> } = {};
    const initialize = ({ state }: { state: unknown }) => {
      held.counts = (state as { counts: Record<string, number> }).counts;
    };
    const plugins = await load([
      plugin('a', { state: { version: 1, initial: () => ({ counts: { x: 1 } }) }, initialize }),
    ]);
    const snapshot = await plugins.snapshot();
    Object.assign(held.counts as object, { x: 5, y: 6 });
    await plugins.restore(snapshot);
    expect(held.counts).toEqual({ x: 1 });
  });
});

describe('failure 11: a timeout raised an unexpected class, and a busy hook could not be stopped at all', () => {
  it('a timeout of an open plugin is no error of the call, and of a closed one it is VETOED', async () => {
    const stopwatch = new ManualStopwatch();
    const hung = (name: string, onError: 'open' | 'closed') =>
      plugin(name, { hooks: { allow_agent_spawn: () => new Promise(() => {}) }, onError });
    const open = await load([hung('a', 'open')], { stopwatch });
    const closed = await load([hung('b', 'closed')], { stopwatch });
    const verdicts = [open, closed].map((plugins) =>
      failureOf(() => plugins.begin().guard('allow_agent_spawn', spawnEvent())),
    );
    stopwatch.advance(HOOKS.allow_agent_spawn.budgetMs);
    await expect(verdicts[0]).rejects.toThrow('it did not fail');
    expect((await verdicts[1])?.code).toBe('VETOED');
  });

  it('a hook that holds the event loop again and again is found and then left alone', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([plugin('busy', { hooks: { allow_agent_spawn: () => stopwatch.advance(600) } })], {
      stopwatch,
    });
    for (let i = 0; i < 100; i++) plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(plugins.report()[0]).toMatchObject({ calls: 5, overruns: 5, skipped: 95, breaker: 'open' });
  });
});

describe('failure 16: a hook could change the role of an agent, and the change was dropped', () => {
  const changes = {
    before_agent_spawn: {
      event: spawnEvent(),
      patch: { role: 'r', capabilities: ['c'], runtime: 'rehearsal', rehearsal: true, attributes: { a: 1 } },
    },
    before_task_delegate: {
      event: delegateEvent(),
      patch: {
        input: { i: 1 },
        priority: 7,
        capabilities: ['c'],
        agentId: 'a9',
        preferredRole: 'r',
        rehearsal: true,
        runMs: 9,
        attributes: { a: 1 },
      },
    },
    before_task_complete: { event: { task: task(), result: 1, runMs: 1 }, patch: { result: { r: 1 } } },
    on_health_check: { event: { atMs: 1, sections: {} }, patch: { sections: { p: 'fine' } } },
  } as const;

  it.each(Object.entries(changes))('every field that %s lets plugins write arrives', async (hook, { event, patch }) => {
    expect(Object.keys(patch)).toEqual(Object.keys(HOOKS[hook as HookName].fields));
    const writes = { [hook]: Object.fromEntries(Object.keys(patch).map((field) => [field, 'exclusive'])) };
    const plugins = await load([plugin('p', { hooks: { [hook]: () => patch }, writes })]);
    const changed = await plugins.begin().transform(hook as 'before_agent_spawn', event as never);
    expect(changed).toEqual({ ...event, ...patch });
  });

  it('every hook that lets something be written is in the list above', () => {
    const writable = (Object.keys(HOOKS) as HookName[]).filter((hook) => Object.keys(HOOKS[hook].fields).length > 0);
    expect(writable.toSorted()).toEqual(Object.keys(changes).toSorted());
  });
});

describe('failure 17: a plugin that failed to initialise was skipped in silence, and its dependants loaded', () => {
  it('the load fails naming the plugin, and no dependant was initialised', async () => {
    const initialized: string[] = [];
    const base = plugin('base', { initialize: () => Promise.reject(new Error('no connection')) });
    const dependant = plugin('a', { requires: ['base'], initialize: () => void initialized.push('a') });
    expect(await failureOf(() => load([dependant, base]))).toEqual({
      code: 'PLUGIN_FAILED',
      message: 'plugin base, initialize: no connection',
    });
    expect(initialized).toEqual([]);
  });
});
