/** The hook engine, as the kernel and its tests use it. */
export type { LoopWatch } from './engine.ts';
export type { Finding } from './findings.ts';
export { kernelForPlugins } from './kernel-for-plugins.ts';
export type { Operation } from './operation.ts';
export type { PluginOptions, Snapshot } from './options.ts';
export type { OrderRow } from './order.ts';
export { loadPlugins, Plugins } from './plugins.ts';
export type { KeptState } from './state-keeper.ts';
export type { Stopwatch } from './stopwatch.ts';
export type { Unsettled } from './unsettled.ts';
export { Vetoed } from './vetoed.ts';
export { startWatchdog, type Watchdog, type WatchdogOptions } from './watchdog.ts';
