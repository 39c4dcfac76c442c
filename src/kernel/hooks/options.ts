import type { EmittableHook, HookEvents } from '../../contract/hooks.ts';
import type { PluginKernel, SavedState } from '../../contract/plugins.ts';
import type { Clock } from '../clock.ts';
import type { Holding, LoopWatch, PluginLog } from './engine.ts';
import type { Finding } from './findings.ts';
import type { StateKeeping } from './state-keeper.ts';
import type { Stopwatch } from './stopwatch.ts';

/** State of every plugin that has one, by name: what `snapshot` gives and `restore` takes. */
export type Snapshot = Readonly<Record<string, SavedState>>;

export type PluginOptions = {
  /** The kernel as plugins have it: see `kernelForPlugins`. */
  readonly kernel: PluginKernel;
  /** Config by plugin name. */
  readonly configs?: Readonly<Record<string, unknown>>;
  /** State to begin with: a snapshot. */
  readonly saved?: Snapshot;
  /** Where state outlives the process, and how often it is kept. Default: nowhere. */
  readonly keeping?: StateKeeping;
  /** What all plugins may take of one operation, in milliseconds. */
  readonly operationMs?: number;
  readonly clock?: Clock;
  readonly stopwatch?: Stopwatch;
  readonly loopWatch?: LoopWatch;
  readonly log?: PluginLog;
  /** Told of every finding, for the log. */
  readonly found?: (finding: Finding) => void;
  /** Told of every event that a plugin fires itself, once the others were told. */
  readonly emitted?: (plugin: string, hook: EmittableHook, event: HookEvents[EmittableHook]) => void;
  /** Told of every limit that was hit. */
  readonly limitHit?: (name: string) => void;
  /** Default: no agent can be held off. */
  readonly holding?: Holding;
};
