import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { OrchestratorV2 } from '../../src/kernel/index.ts';
import type { BenchmarkResult } from './result.ts';
import { ALL_PLUGINS, round, timed } from './support/kernel-rig.ts';
import { quantile } from './support/statistics.ts';

const KERNELS = 10;
const ASKED = 5;
const MAX_MS = 50;

/** How long a health answer takes while one plugin never answers, before its breaker opens and after. */
export async function healthResults(): Promise<readonly BenchmarkResult[]> {
  const sound: number[] = [];
  const hanging: number[] = [];
  for (let i = 0; i < KERNELS; i++) {
    sound.push(...(await ask(ALL_PLUGINS)));
    hanging.push(...(await ask([...ALL_PLUGINS, HANGS])));
  }
  const value = quantile(hanging, 0.99);
  return [
    {
      metric: 'health while a plugin hangs, p99',
      value: round(value),
      unit: 'ms',
      against: `while none does: ${round(quantile(sound, 0.99))} ms`,
      ratio: round(value / quantile(sound, 0.99)),
      target: `< ${MAX_MS} ms`,
      met: value < MAX_MS,
    },
  ];
}

const HANGS = {
  name: 'hangs',
  version: '1.0.0',
  says: 'never answers',
  hooks: { on_health_check: () => new Promise<undefined>(() => undefined) },
} as AnyPlugin;

async function ask(plugins: readonly AnyPlugin[]): Promise<readonly number[]> {
  const kernel = new OrchestratorV2({}, plugins);
  for (let i = 0; i < 50; i++) await kernel.spawnAgent({ role: 'worker' });
  const times: number[] = [];
  for (let i = 0; i < ASKED; i++) times.push(await timed(() => kernel.getHealthStatus()));
  await kernel.close();
  return times;
}
