import type { EmittableHook, HookEvents } from '../../contract/hooks.ts';
import type { AnyPlugin, CapabilitiesOf, PluginKernel } from '../../contract/plugins.ts';
import type { Clock } from '../clock.ts';
import type { Holder } from '../held-off.ts';
import type { Findings } from './findings.ts';
import type { Meter } from './meter.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { UnsettledHooks } from './unsettled.ts';

/** What every part of the hook engine shares. */
export type Engine = {
  readonly stopwatch: Stopwatch;
  /** The kernel's time: what plugins read and repeat by. */
  readonly clock: Clock;
  readonly findings: Findings;
  readonly unsettled: UnsettledHooks;
  readonly loopWatch: LoopWatch | null;
  readonly kernel: PluginKernel;
  readonly log: PluginLog;
  readonly holding: Holding;
  /** Told of every limit that was hit. */
  readonly limitHit: (name: string) => void;
  readonly emit: <N extends EmittableHook>(plugin: string, hook: N, event: HookEvents[N]) => void;
  readonly use: <P extends AnyPlugin>(plugin: P) => CapabilitiesOf<P>;
};

/** Keeps work from agents, for the plugin that says so: see `PluginContext.holdOff`. */
export type Holding = {
  readonly holdOff: (holder: Holder, agentId: string, untilMs: number, everyMs: number) => void;
  readonly release: (holder: Holder, agentId: string) => void;
  /** The plugin is gone. */
  readonly releaseAll: (holder: Holder) => void;
  /** Another load of the plugin has its state, and with it what it holds off. */
  readonly handOver: (from: Holder, to: Holder) => void;
};

export const noHolding: Holding = { holdOff: () => {}, release: () => {}, releaseAll: () => {}, handOver: () => {} };

/** What a call of a hook is made with: the engine, and what is left of the budget. */
export type Calls = { readonly engine: Engine; readonly meter: Meter };

/** Told before and after each call into a plugin, so that another thread can see who holds the event loop. */
export type LoopWatch = {
  /** A number for the plugin, for `enter`. */
  readonly register: (plugin: string) => number;
  readonly enter: (id: number) => void;
  readonly leave: () => void;
  /** Calls `seen` for each plugin that holds the loop for too long. The answer ends that. */
  readonly listen: (seen: (plugin: string, heldMs: number) => void) => () => void;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type PluginLog = (
  plugin: string,
  level: LogLevel,
  message: string,
  facts: Readonly<Record<string, unknown>>,
) => void;
