/**
 * What a candidate costs the client. The same legacy service behind the same gateway, at `off` and at `shadow` with
 * candidates of every kind, in turn, several rounds in one run; figures are medians over pairs of neighbours.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { BenchmarkResult } from './result.ts';
import { type Child, startChild } from './support/child.ts';

const ROUNDS = 5;
const SECONDS = 3;
/** Far below what the machine can do, so that latency is not the queue of the load itself. */
const CALLS_PER_SECOND = 300;
const CONNECTIONS = 4;
const ADDED_P99_MAX_MS = 1;

const CANDIDATES = ['answers', 'hangs', 'sends 1 GB', 'refuses'] as const;

type Round = { readonly p50: number; readonly p99: number; readonly wrong: number; readonly calls: number };

/** The same load, just before and under the shadow. */
type Pair = { readonly off: Round; readonly shadowed: Round };

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  const children: Child[] = [];
  try {
    const service = async (mode: string) => {
      const child = await startChild('test/bench/support/candidate.ts', [mode], /^ready (\S+)$/);
      children.push(child);
      return child.line[1] ?? '';
    };
    const legacy = await service('answers');
    const addresses: string[] = [];
    for (const mode of CANDIDATES) addresses.push(mode === 'refuses' ? 'http://127.0.0.1:9' : await service(mode));
    const types = CANDIDATES.map((mode, n) => `  t${n}: { legacy: "${legacy}", v2: "${addresses[n]}" } # ${mode}`);
    writeFileSync(join(folder, 'banyan.yaml'), `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n${types.join('\n')}\n`);
    const up = ['up', '--config', join(folder, 'banyan.yaml'), '--log-level', 'error'];
    const gateway = await startChild('src/cli/main.ts', up, /^banyan ready data=(\S+)/);
    children.push(gateway);
    const admin = await AdminClient.find({ state: join(folder, '.banyan') });
    return await measure(gateway.line[1] ?? '', admin);
  } finally {
    for (const child of children.toReversed()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(data: string, admin: AdminClient): Promise<readonly BenchmarkResult[]> {
  const pairs = new Map<string, Pair[]>(CANDIDATES.map((mode) => [mode, []]));
  await load(`${data}/t0/invoices/7`); // warms everything up
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [n, mode] of CANDIDATES.entries()) {
      const off = await load(`${data}/t${n}/invoices/7`);
      await admin.post(`/v1/types/t${n}/stage`, { stage: 'shadow' });
      pairs.get(mode)?.push({ off, shadowed: await load(`${data}/t${n}/invoices/7`) });
      await admin.post(`/v1/types/t${n}/stage`, { stage: 'off' });
      console.error(`round ${round + 1}/${ROUNDS}: a candidate that ${mode}`);
    }
  }
  return CANDIDATES.flatMap((mode) => resultsOf(mode, pairs.get(mode) ?? []));
}

async function load(url: string): Promise<Round> {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: SECONDS, overallRate: CALLS_PER_SECOND });
  const { p50, p99 } = result.latency;
  return { p50, p99, wrong: result.non2xx + result.errors + result.timeouts, calls: result.requests.total };
}

function resultsOf(mode: string, pairs: readonly Pair[]): readonly BenchmarkResult[] {
  const rounds = pairs.map(({ shadowed }) => shadowed);
  const p99 = median(rounds.map((round) => round.p99));
  const p99Off = median(pairs.map(({ off }) => off.p99));
  const addedMs = median(pairs.map(({ off, shadowed }) => shadowed.p99 - off.p99));
  const wrong = rounds.reduce((sum, round) => sum + round.wrong, 0);
  return [
    {
      metric: `added to the client's p99, candidate ${mode}`,
      value: addedMs,
      unit: `ms (p99 ${p99} ms)`,
      against: `p99 at off just before (${p99Off} ms)`,
      ratio: p99 / p99Off,
      target: `at most ${ADDED_P99_MAX_MS} ms`,
      met: addedMs <= ADDED_P99_MAX_MS,
    },
    {
      metric: `wrong answers, candidate ${mode}`,
      value: wrong,
      unit: `of ${rounds.reduce((sum, round) => sum + round.calls, 0)} calls`,
      against: null,
      ratio: null,
      target: '0',
      met: wrong === 0,
    },
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
