import type { Benchmark } from './result.ts';

/** One row a benchmark; loaded only when it is run. */
export const BENCHMARKS = {
  codemod: () => import('./codemod.ts'),
  compare: () => import('./compare.ts'),
  gateway: () => import('./gateway.ts'),
  'gateway-soak': () => import('./gateway-soak.ts'),
  hooks: () => import('./hooks.ts'),
  kernel: () => import('./kernel.ts'),
  restart: () => import('./restart.ts'),
  shadow: () => import('./shadow.ts'),
  telemetry: () => import('./telemetry.ts'),
} as const satisfies Record<string, () => Promise<Benchmark>>;
