import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import type { KernelConfig } from '../../../src/kernel/index.ts';
import { development } from '../../../src/plugins/development/plugin.ts';
import { rig } from '../support/rig.ts';

/** A kernel with this plugin. */
export async function workshop(config: object = {}, kernel: KernelConfig = {}, others: readonly AnyPlugin[] = []) {
  const it = await rig([development, ...others], { ...kernel, plugins: { development: config } });
  return { ...it, use: it.orchestrator.use(development) };
}

/** What a promise came to, or `waits`. */
export function watch<T>(promise: Promise<T>): { how: string; value: T | undefined } {
  const seen: { how: string; value: T | undefined } = { how: 'waits', value: undefined };
  promise.then(
    (value) => Object.assign(seen, { how: 'done', value }),
    (error: Error) => Object.assign(seen, { how: error.message }),
  );
  return seen;
}
