/**
 * What calling plugins costs the kernel, beside two hook libraries that do less: tapable and hookable have no
 * budgets, no breakers, no counts, no frozen events and no conflict rules. Each case runs all sides in turn,
 * round by round, and takes the fastest round: what disturbs a round only ever adds to it.
 */
import { createHooks } from 'hookable';
import { AsyncSeriesHook, SyncBailHook, SyncHook, SyncWaterfallHook } from 'tapable';
import type { TaskDelegateEvent } from '../../src/contract/hooks.ts';
import type { AnyPlugin, PluginKernel } from '../../src/contract/plugins.ts';
import { loadPlugins, type Operation, type Plugins, startWatchdog } from '../../src/kernel/hooks/index.ts';
import type { BenchmarkResult } from './result.ts';

export const name = 'hooks';

const ROUNDS = 21;
const PLUGINS = 5;
const EVENT = freeze({
  taskId: 't1',
  type: 'build',
  description: 'build it',
  input: null,
  priority: 50,
  capabilities: freeze([]),
  agentId: null,
  role: null,
  preferredRole: null,
  rehearsal: false,
  runMs: 1_000,
  attributes: freeze({}),
}) satisfies TaskDelegateEvent;

type Turns = (times: number) => void | Promise<void>;
type Case = {
  readonly does: string;
  readonly ours: Turns;
  readonly others: Readonly<Record<string, Turns>>;
  readonly nsMax: number | null;
  readonly times: number;
};

export async function run(): Promise<readonly BenchmarkResult[]> {
  const plugins = await loadPlugins(fivePlugins(), { kernel: {} as PluginKernel });
  const watchdog = await startWatchdog({ says: false });
  const watched = await loadPlugins(fivePlugins(), { kernel: {} as PluginKernel, loopWatch: watchdog });
  const operation = plugins.begin(Number.POSITIVE_INFINITY);
  const watchedOperation = watched.begin(Number.POSITIVE_INFINITY);
  const results: BenchmarkResult[] = [];
  for (const one of [
    ...silentCases(plugins, operation),
    ...syncCases(plugins, operation, watchedOperation),
    ...asyncCases(operation),
  ])
    results.push(...(await measure(one)));
  operation.end();
  watchedOperation.end();
  await plugins.close();
  await watched.close();
  await watchdog.stop();
  return results;
}

/** Hooks that no plugin implements. */
function silentCases(plugins: Plugins, operation: Operation): readonly Case[] {
  const event = { task: {} as never, result: 1, runMs: 1 };
  const failed = { task: {} as never, error: {} as never, attempt: 1, willRetry: false };
  const nothing = new SyncHook<[unknown]>(['event']);
  const others = { tapable: repeat(() => nothing.call(event)) };
  return [
    {
      does: 'guard, 0 hooks',
      ours: repeat(() => operation.guard('allow_task_complete', event)),
      others,
      nsMax: 20,
      times: 200_000,
    },
    {
      does: 'observe, 0 hooks',
      ours: repeat(() => plugins.observe('on_task_failed', failed)),
      others,
      nsMax: 20,
      times: 200_000,
    },
  ];
}

function syncCases(plugins: Plugins, operation: Operation, watched: Operation): readonly Case[] {
  const guards = new SyncBailHook<[TaskDelegateEvent], undefined>(['event']);
  const transforms = new SyncWaterfallHook<[TaskDelegateEvent]>(['event']);
  const observers = new SyncHook<[TaskDelegateEvent]>(['event']);
  each((name) => guards.tap(name, () => undefined));
  each((name) => transforms.tap(name, (event) => event));
  each((name) => observers.tap(name, () => {}));
  const bails = { tapable: repeat(() => guards.call(EVENT)), 'a loop that times and catches': repeat(timedLoop()) };
  const guard = repeat(() => operation.guard('allow_task_delegate', EVENT));
  const fresh = repeat(() => operation.guard('allow_task_delegate', { ...EVENT, attributes: {}, capabilities: [] }));
  const withWatchdog = repeat(() => watched.guard('allow_task_delegate', EVENT));
  const agent = { id: 'a1' };
  return [
    { does: 'guard, 5 plugins', ours: guard, others: bails, nsMax: 1_000, times: 20_000 },
    { does: 'guard, 5 plugins, an event that is to be frozen', ours: fresh, others: bails, nsMax: null, times: 20_000 },
    { does: 'guard, 5 plugins, watchdog on', ours: withWatchdog, others: bails, nsMax: null, times: 20_000 },
    {
      does: 'transform, 5 plugins, no patch',
      ours: repeat(() => operation.transform('before_task_delegate', EVENT)),
      others: { tapable: repeat(() => transforms.call(EVENT)) },
      nsMax: 1_000,
      times: 20_000,
    },
    {
      does: 'transform, 5 plugins, 5 patches merged',
      ours: repeat(() => operation.transform('before_agent_spawn', SPAWN)),
      others: { tapable: repeat(() => transforms.call(EVENT)) },
      nsMax: null,
      times: 5_000,
    },
    {
      does: 'observe, 5 plugins, until all were told',
      ours: async (times) => {
        for (let i = 0; i < times; i++) plugins.observe('on_agent_spawned', freeze({ agent: agent as never }));
        await plugins.observed();
      },
      others: { tapable: repeat(() => observers.call(EVENT)) },
      nsMax: 1_000,
      times: 5_000,
    },
  ];
}

/** The least that knows which plugin is slow and survives one that throws. */
function timedLoop(): () => void {
  const counts = Array.from({ length: PLUGINS }, () => ({ calls: 0, tookMs: 0 }));
  const functions = counts.map((count) => (event: TaskDelegateEvent) => {
    if (event.priority > 0) count.calls++;
  });
  return () => {
    for (let i = 0; i < PLUGINS; i++) {
      const startedMs = performance.now();
      try {
        functions[i]?.(EVENT);
      } finally {
        const count = counts[i];
        if (count !== undefined) count.tookMs += performance.now() - startedMs;
      }
    }
  };
}

/** Hooks that return promises, which each call awaits. */
function asyncCases(operation: Operation): readonly Case[] {
  const series = new AsyncSeriesHook<[TaskDelegateEvent]>(['event']);
  each((name) => series.tapPromise(name, async () => {}));
  const hooks = createHooks<{ allow: (event: TaskDelegateEvent) => Promise<void> }>();
  each(() => hooks.hook('allow', async () => {}));
  const completion = freeze({ task: freeze({}) as never, result: 1, runMs: 1 });
  return [
    {
      does: 'transform, 5 plugins that return promises',
      ours: repeatAwaiting(() => operation.transform('before_task_complete', completion)),
      others: {
        tapable: repeatAwaiting(() => series.promise(EVENT)),
        hookable: repeatAwaiting(() => hooks.callHook('allow', EVENT)),
      },
      nsMax: null,
      times: 2_000,
    },
  ];
}

const SPAWN = freeze({
  agentId: 'a1',
  role: 'worker',
  capabilities: freeze([]),
  runtime: 'manual',
  rehearsal: false,
  attributes: freeze({}),
});

function fivePlugins(): readonly AnyPlugin[] {
  return Array.from({ length: PLUGINS }, (_, i) => ({
    name: `plugin-${i}`,
    version: '1.0.0',
    says: 'counts',
    state: { version: 1, initial: () => ({ calls: 0 }) },
    writes: { before_agent_spawn: { attributes: 'merge' } },
    hooks: {
      before_task_delegate: (_event, { state }) => {
        state.calls++;
        return undefined;
      },
      allow_task_delegate: (_event, { state }) => {
        state.calls++;
        return undefined;
      },
      before_agent_spawn: () => ({ attributes: { [`key${i}`]: i } }),
      on_agent_spawned: (_event, { state }) => {
        state.calls++;
      },
      before_task_complete: async () => undefined,
    },
  }));
}

async function measure({ does, ours, others, nsMax, times }: Case): Promise<readonly BenchmarkResult[]> {
  const sides: readonly [string, Turns][] = [['banyan', ours], ...Object.entries(others)];
  const nanoseconds = await inTurn(sides, times);
  const value = nanoseconds.get('banyan') ?? Number.NaN;
  return Object.keys(others).map((against, i) => ({
    metric: does,
    value: Math.round(value * 10) / 10,
    unit: 'ns',
    against: `${against} (${Math.round(nanoseconds.get(against) ?? 0)} ns)`,
    ratio: value / (nanoseconds.get(against) ?? Number.NaN),
    target: nsMax === null || i > 0 ? null : `at most ${nsMax} ns`,
    met: nsMax === null || i > 0 ? null : value <= nsMax,
  }));
}

async function inTurn(sides: readonly [string, Turns][], times: number): Promise<ReadonlyMap<string, number>> {
  const measured = new Map<string, number[]>(sides.map(([side]) => [side, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [side, turns] of sides) {
      const startedMs = performance.now();
      await turns(times);
      measured.get(side)?.push(((performance.now() - startedMs) * 1e6) / times);
    }
  return new Map(Array.from(measured, ([side, values]) => [side, Math.min(...values)]));
}

function repeat(once: () => unknown): Turns {
  return (times) => {
    for (let i = 0; i < times; i++) once();
  };
}

function repeatAwaiting(once: () => unknown): Turns {
  return async (times) => {
    for (let i = 0; i < times; i++) await once();
  };
}

function each(add: (name: string) => void): void {
  for (let i = 0; i < PLUGINS; i++) add(`plugin-${i}`);
}

function freeze<const T>(value: T): T {
  return Object.freeze(value);
}
