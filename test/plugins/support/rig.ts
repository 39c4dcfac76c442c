import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import type { KernelConfig, OrchestratorV2 } from '../../../src/kernel/index.ts';
import { settled } from '../../kernel/support/fake-clock.ts';
import { rig as kernelRig, type Rig } from '../../kernel/support/rig.ts';

export type PluginRig = Omit<Rig, 'kernel'> & {
  readonly orchestrator: OrchestratorV2;
  /** Lets the clock run, and everything that it sets off settle. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets what is under way end and the plugins be told of it. No time passes. */
  readonly settle: () => Promise<void>;
};

/** A real, started kernel with these plugins, whose clock stands still. Closed when the test ends. */
export async function rig(plugins: readonly AnyPlugin[], config: KernelConfig = {}): Promise<PluginRig> {
  const { kernel, ...rest } = kernelRig(config, plugins);
  await kernel.start();
  return { ...rest, orchestrator: kernel, pass: (ms) => rest.clock.advance(ms), settle: () => settled(20) };
}

/** An agent's work that never ends by itself, but stops when it is told to. */
export function endless(_task: unknown, { signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
