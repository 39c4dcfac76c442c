import autocannon from 'autocannon';
import { median } from './statistics.ts';

/** Far below what the machine can do, so that latency is not the queue of the load itself. */
const CALLS_PER_SECOND = 300;
const CONNECTIONS = 4;

export type SteadyLoad = { readonly p50: number; readonly p99: number; readonly wrong: number; readonly calls: number };

/** The same load, just before and under the shadow. */
export type Pair = { readonly off: SteadyLoad; readonly shadowed: SteadyLoad };

/** Calls at a steady pace; latencies in milliseconds. */
export async function steadyLoad(url: string, seconds: number): Promise<SteadyLoad> {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    overallRate: CALLS_PER_SECOND,
  });
  const { p50, p99 } = result.latency;
  return { p50, p99, wrong: result.non2xx + result.errors + result.timeouts, calls: result.requests.total };
}

/** What the shadow added to the client's p99: the median over pairs of neighbours. */
export function addedP99(pairs: readonly Pair[]): {
  readonly addedMs: number;
  readonly p99: number;
  readonly p99Off: number;
} {
  return {
    addedMs: median(pairs.map(({ off, shadowed }) => shadowed.p99 - off.p99)),
    p99: median(pairs.map(({ shadowed }) => shadowed.p99)),
    p99Off: median(pairs.map(({ off }) => off.p99)),
  };
}
