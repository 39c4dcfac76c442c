import { type BenchmarkResult, figure, none, notMeasured } from './result.ts';
import type { Load } from './support/load.ts';
import { median } from './support/statistics.ts';

/** What one round of a side saw, and the CPU time that the side's processes used for a call. */
export type Round = Load & { readonly cpuMsPerCall: number };

/** The rounds of each side that could be measured, by its name. */
export type Rounds = ReadonlyMap<string, readonly Round[]>;

/** What Banyan's sides are held against, with the most that the ratio may be. */
const TARGETS = {
  'banyan at off': { 'bare undici': 1.15, 'http-proxy': 0.45, '@fastify/http-proxy': 0.45, nginx: 2.2, HAProxy: null },
  'banyan with shadow': { 'banyan at off': 2.3 },
} as const satisfies Record<string, Readonly<Record<string, number | null>>>;

/** The figures of each side, then every comparison that has a target, measured or not. */
export function resultsOf(method: string, rounds: Rounds): readonly BenchmarkResult[] {
  const shown = [...rounds].flatMap(([name, of]) => [
    figure(`${method} p50, ${name}`, medianOf(of, 'p50Ms'), 'ms'),
    figure(`${method} p99, ${name}`, medianOf(of, 'p99Ms'), 'ms'),
    ...(name === 'direct'
      ? []
      : [figure(`${method} CPU s per 1,000 calls, ${name}`, medianOf(of, 'cpuMsPerCall'), 's')]),
  ]);
  const wrong = [...rounds.values()].flat().reduce((sum, round) => sum + round.wrong, 0);
  return [...shown, ...ratios(method, rounds), none(`${method} wrong answers`, wrong)];
}

function ratios(method: string, rounds: Rounds): readonly BenchmarkResult[] {
  return Object.entries(TARGETS).flatMap(([name, targets]) =>
    Object.entries(targets).map(([against, ratioMax]) => {
      const metric = `${method} CPU a call, ${name}`;
      const target = ratioMax === null ? null : `at most ${ratioMax}x`;
      const other = rounds.get(against);
      if (other === undefined) return { ...notMeasured(metric, `${against} is not installed`, target), against };
      const value = medianOf(rounds.get(name) ?? [], 'cpuMsPerCall');
      const ratio = value / medianOf(other, 'cpuMsPerCall');
      const met = ratioMax === null ? null : ratio <= ratioMax;
      return { ...figure(metric, value, 'ms'), against, ratio, target, met };
    }),
  );
}

function medianOf(rounds: readonly Round[], key: 'p50Ms' | 'p99Ms' | 'cpuMsPerCall'): number {
  return median(rounds.map((round) => round[key]));
}
