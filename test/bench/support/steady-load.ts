import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BenchmarkResult, figure, none } from '../result.ts';
import type { Load } from './load.ts';
import { median } from './statistics.ts';

type Called = {
  readonly url: string;
  /** `null`: GET without a body. */
  readonly json: string | null;
};

export type Pace = {
  readonly callsPerSecond: number;
  readonly connections: number;
  /** Made before what is measured: a client is slow, and connects, when it begins. */
  readonly warmUpCalls: number;
  readonly seconds: number;
};

export type SteadyOptions = Called & Pace;

/** Far below what the machine can do, so that latency is not the queue of the load itself. */
export const PACE: Pace = { callsPerSecond: 500, connections: 32, warmUpCalls: 500, seconds: 3 };

const CLIENT = fileURLToPath(new URL('./steady-client.ts', import.meta.url));
/** Far more than a load at its pace takes. */
const LOAD_MS_MAX = 60_000;

/** The same load, just before and under the shadow. */
export type Pair = { readonly off: Load; readonly shadowed: Load };

/** Calls at a steady pace, from a process of its own. */
export async function steadyLoad(called: Called, pace: Pace = PACE): Promise<Load> {
  const options: SteadyOptions = { ...called, ...pace };
  const { stdout } = await promisify(execFile)(process.execPath, [CLIENT, JSON.stringify(options)], {
    timeout: LOAD_MS_MAX,
  });
  return JSON.parse(stdout) as Load;
}

const ADDED_P99_MAX_MS = 1;

/** What the shadow added to the client's p99, the median over pairs of neighbours at `PACE`; and calls that went wrong. */
export function addedP99(what: string, pairs: readonly Pair[]): readonly BenchmarkResult[] {
  const off = summary(pairs.map((pair) => pair.off));
  const shadowed = summary(pairs.map((pair) => pair.shadowed));
  const addedMs = median(pairs.map((pair) => pair.shadowed.p99Ms - pair.off.p99Ms));
  const wrong = off.wrong + shadowed.wrong;
  const pace = `at ${PACE.callsPerSecond} calls/s on ${PACE.connections} connections`;
  return [
    {
      ...figure(`added to the client's p99: ${what}, ${pace}`, addedMs, `ms (${shadowed.says})`),
      against: `p99 at off just before (${off.says.replace('p99 ', '')})`,
      ratio: shadowed.p99Ms / off.p99Ms,
      target: `at most ${ADDED_P99_MAX_MS} ms`,
      met: wrong === 0 && addedMs <= ADDED_P99_MAX_MS,
    },
    none(`wrong answers: ${what}`, wrong, `of ${off.calls + shadowed.calls} calls`),
  ];
}

function summary(loads: readonly Load[]) {
  const sum = (key: 'calls' | 'wrong') => loads.reduce((all, load) => all + load[key], 0);
  const p99Ms = median(loads.map((load) => load.p99Ms));
  return { calls: sum('calls'), wrong: sum('wrong'), p99Ms, says: `p99 ${round(p99Ms)} ms, ${sum('calls')} calls` };
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
