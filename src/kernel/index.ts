/** The kernel for whoever embeds it: `new OrchestratorV2(config, plugins)`. */
export { PRIORITY } from '../contract/tasks.ts';
export { type Clock, systemClock } from './clock.ts';
export type { KernelConfig, Settings } from './config.ts';
export { startWatchdog } from './hooks/index.ts';
export { OrchestratorV2 } from './orchestrator.ts';
export { MemoryStore } from './store/memory.ts';
export { SqliteStore } from './store/sqlite.ts';
export type { KernelStore } from './store/store.ts';
