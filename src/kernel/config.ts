import { randomUUID } from 'node:crypto';
import type { AgentState, RestartPolicy, RuntimeSpec } from '../contract/agents.ts';
import { newV2Id } from '../contract/ids.ts';
import { BUDGETS } from '../contract/plugins.ts';
import type { BusyPolicy, Deadline, Retry, StrategyName, Task } from '../contract/tasks.ts';
import { type Clock, systemClock } from './clock.ts';
import type { LoopWatch, Stopwatch } from './hooks/index.ts';
import { checked } from './requests.ts';
import { settings } from './settings-schema.ts';
import type { KernelStore } from './store/store.ts';

/** Restarts of a failed agent, or of the agents of a group, before it is given up. */
export type RestartLimit = {
  readonly restartsMax: number;
  readonly windowMs: number;
};

/**
 * What happens to a group when one of its agents fails: `one_for_one` restarts that one, `rest_for_one` also
 * those spawned after it (which were built upon it).
 */
export type GroupSettings = Partial<RestartLimit> & { readonly strategy: 'one_for_one' | 'rest_for_one' };

export type Settings = {
  /** Agents at once. */
  readonly agentsMax: number;
  /** The states that count against it. Whatever stands here, `starting` counts. */
  readonly agentsCounted: readonly AgentState[];
  /** Tasks that are queued or waiting at once; one more is OVERLOADED, unless it can run at once. */
  readonly queueMax: number;
  /** How long a task waits to gain one point of priority: 2 s bring `low` to `normal` in 50 s. */
  readonly ageingMs: number;
  readonly strategy: StrategyName;
  readonly whenBusy: BusyPolicy;
  readonly whenInterrupted: 'redrive' | 'fail';
  /** Interruptions after which a task is failed: it may be what kills its agents. */
  readonly redrivesMax: number;
  readonly retry: Retry;
  readonly deadlines: {
    readonly queueMs: Deadline;
    readonly runMs: Deadline;
    readonly startMs: Deadline;
    readonly heartbeatMs: Deadline;
    readonly waitMs: Deadline;
    /** Of a graceful shutdown. */
    readonly graceMs: number;
    /** Between asking a run or process to stop and stopping it by force. */
    readonly killMs: number;
  };
  readonly restart: RestartPolicy;
  readonly restartLimit: RestartLimit;
  /** Upper bound of the pause before the first restart; it doubles with every restart in the window. */
  readonly restartPauseMs: number;
  readonly restartPauseMsMax: number;
  readonly groups: Readonly<Record<string, GroupSettings>>;
  /** Runtimes by name, for `spawnAgent({ runtime: name })`. */
  readonly runtimes: Readonly<Record<string, RuntimeSpec>>;
  /** Spawns every agent, and delegates every task, as a rehearsal unless the request says otherwise. */
  readonly rehearsal: boolean;
  /** What rehearsal agents answer. */
  readonly rehearse: (task: Task) => unknown;
  /** Generations of children below a task. */
  readonly depthMax: number;
  /** Live children of one task. */
  readonly childrenMax: number;
  readonly dependenciesMax: number;
  readonly affinityKeysMax: number;
  /** Characters of a task's input or result, or of attributes, as JSON. */
  readonly jsonBytesMax: number;
  readonly attemptsKeptMax: number;
  readonly endedTasksMax: number;
  readonly endedAgentsMax: number;
  /** Failed agents that nobody shut down; the oldest go first. */
  readonly failedAgentsMax: number;
  readonly eventsKeptMax: number;
  readonly subscribersMax: number;
  readonly requestsMax: number;
  readonly waitersMax: number;
  /** Budget of the plugins' part of a health answer. */
  readonly healthMs: number;
  readonly budgets: {
    /** What all plugins together may hold one spawn, delegation or report. */
    readonly operationMs: number;
  };
  /** How the state of plugins is kept in the store. */
  readonly pluginState: {
    /** What a kill -9 may cost of it. */
    readonly everyMs: number;
    /** Of one plugin, as it is written. */
    readonly bytesMax: number;
    /** Plugins whose state is kept, loaded ones and those that once were. */
    readonly keptMax: number;
  };
};

const MINUTE_MS = 60_000;

export const DEFAULTS: Settings = {
  agentsMax: 50,
  agentsCounted: ['starting', 'idle', 'busy', 'stopping'],
  queueMax: 10_000,
  ageingMs: 2_000,
  strategy: 'least_loaded',
  whenBusy: 'enqueue',
  whenInterrupted: 'redrive',
  redrivesMax: 3,
  retry: { attemptsMax: 1, pauseMs: 1_000, pauseMsMax: 30_000, finalCodes: [] },
  deadlines: {
    queueMs: 10 * MINUTE_MS,
    runMs: 30 * MINUTE_MS,
    startMs: 30_000,
    heartbeatMs: 5 * MINUTE_MS,
    waitMs: 10 * MINUTE_MS,
    graceMs: 30_000,
    killMs: 2_000,
  },
  restart: 'transient',
  restartLimit: { restartsMax: 3, windowMs: MINUTE_MS },
  restartPauseMs: 100,
  restartPauseMsMax: 10_000,
  groups: {},
  runtimes: {},
  rehearsal: false,
  rehearse: () => ({ rehearsed: true }),
  depthMax: 16,
  childrenMax: 1_000,
  dependenciesMax: 100,
  affinityKeysMax: 10_000,
  jsonBytesMax: 1024 * 1024,
  attemptsKeptMax: 10,
  endedTasksMax: 10_000,
  endedAgentsMax: 1_000,
  failedAgentsMax: 1_000,
  eventsKeptMax: 10_000,
  subscribersMax: 1_000,
  requestsMax: 1_000,
  waitersMax: 10_000,
  healthMs: 25,
  budgets: { operationMs: BUDGETS.operationMs },
  pluginState: { everyMs: 10_000, bytesMax: 16 * 1024 * 1024, keptMax: 100 },
};

type Nested = 'deadlines' | 'retry' | 'restartLimit' | 'budgets' | 'pluginState';
type Given = Partial<Omit<Settings, Nested>> & { readonly [K in Nested]?: Partial<Settings[K]> };

/** What `new OrchestratorV2(config)` takes: any of the settings, and what the kernel stands on. */
export type KernelConfig = Given & {
  /** A file's path (SQLite, survives kill -9), or a store. Default: memory. */
  readonly store?: string | KernelStore;
  readonly clock?: Clock;
  /** Config by plugin name. */
  readonly plugins?: Readonly<Record<string, unknown>>;
  /** The host of third-party plugins that this kernel alone uses: it is closed when the kernel is. */
  readonly pluginHost?: { close(): Promise<void> };
  /** For hosts that run plugins they do not know well: `await startWatchdog()`. The host stops it. */
  readonly loopWatch?: LoopWatch;
  /** What plugins are timed by. Default: real time, also where the clock is not. */
  readonly stopwatch?: Stopwatch;
  /** What plugins log, what is found wrong with them, and what the kernel could not finish. Default: nobody hears of it. */
  readonly log?: KernelLog;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
  readonly newId?: () => string;
};

export type KernelLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  facts: Readonly<Record<string, unknown>>,
) => void;

export type Ground = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: KernelLog;
};

/** @throws {BanyanError} BAD_INPUT naming every setting that is wrong */
export function settle(config: KernelConfig): Settings {
  const given = settingsOf(config);
  checked(settings, given, 'the config of the kernel');
  return {
    ...DEFAULTS,
    ...given,
    deadlines: { ...DEFAULTS.deadlines, ...given.deadlines },
    retry: { ...DEFAULTS.retry, ...given.retry },
    restartLimit: { ...DEFAULTS.restartLimit, ...given.restartLimit },
    budgets: { ...DEFAULTS.budgets, ...given.budgets },
    pluginState: { ...DEFAULTS.pluginState, ...given.pluginState },
  };
}

function settingsOf(config: KernelConfig): Given {
  const { store, clock, random, newId, plugins, pluginHost, loopWatch, stopwatch, log, ...given } = config;
  return given;
}

export function groundOf(config: KernelConfig): Ground {
  const { clock = systemClock, random = Math.random, log = () => undefined } = config;
  return { clock, random, log, newId: config.newId ?? (() => newV2Id(clock.now(), randomUUID())) };
}
