import type { Kernel } from '../../contract/kernel.ts';
import { PLUGIN_VERBS, type PluginKernel } from '../../contract/plugins.ts';

/** The operations that plugins may call, each as a promise. */
export function kernelForPlugins(kernel: Pick<Kernel, keyof PluginKernel>): PluginKernel {
  const verbs = PLUGIN_VERBS.map((verb) => [
    verb,
    async (...args: readonly unknown[]) => (kernel[verb] as (...args: readonly unknown[]) => unknown)(...args),
  ]);
  return Object.freeze(Object.fromEntries(verbs));
}
