import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import type { KernelConfig } from '../../../src/kernel/index.ts';
import { development } from '../../../src/plugins/development/plugin.ts';
import { FakeClock } from '../../kernel/support/fake-clock.ts';
import { rig } from '../support/rig.ts';

/** A kernel with this plugin, whose own delays follow the test's clock too. */
export async function workshop(config: object = {}, kernel: KernelConfig = {}, others: readonly AnyPlugin[] = []) {
  const clock = new FakeClock();
  const after = (ms: number, then: () => void) => clock.after(ms, then);
  const plugins = { development: { after, ...config } };
  const it = await rig([development, ...others], { ...kernel, clock, plugins });
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
