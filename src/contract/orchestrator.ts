import type { Kernel } from './kernel.ts';
import type { AnyPlugin, CapabilitiesOf } from './plugins.ts';

/** The kernel with its plugins: what `OrchestratorV2` is. */
export type Orchestrator = Kernel & {
  /**
   * The capabilities of a loaded plugin: `orchestrator.use(production).alerts({})`.
   * @throws PLUGIN_GONE when it is not loaded
   */
  use<P extends AnyPlugin>(plugin: P): CapabilitiesOf<P>;
  /** Loads a plugin into the running kernel, or puts a new version in place of the loaded one. */
  loadPlugin(plugin: AnyPlugin, config?: unknown): Promise<void>;
  unloadPlugin(name: string): Promise<void>;
  /** Resolves when the plugins are initialised and what the last run left behind is taken up. Every call waits for it. */
  start(): Promise<void>;
};
