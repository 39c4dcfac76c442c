/**
 * What a call through the gateway costs, beside other proxies over the same upstream, in one run. Every side takes
 * the same load in turn, several rounds; figures are medians over the rounds. CPU is the proxy's own, of its process
 * and its workers, from /proc (Linux).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { BenchmarkResult } from './result.ts';
import { startChild } from './support/child.ts';
import { type Load, load } from './support/load.ts';
import { cpuSeconds, memoryOf } from './support/processes.ts';
import {
  type Service,
  startBareUndici,
  startHaproxy,
  startNginxProxy,
  startSink,
  startUpstream,
} from './support/reference-proxies.ts';
import { upload } from './support/upload.ts';

const ROUNDS = 3;
const SECONDS = 2;
const CONNECTIONS = 32;
const JSON_SENT = '{"customer":"acme","lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}';
const UPLOAD_BYTES = 2 ** 31;
const MIB = 1024 * 1024;

const LOADS = { GET: null, POST: JSON_SENT } as const;
type Method = keyof typeof LOADS;

/** A side of the comparison. `null` pid: nothing stands between the load and the upstream. */
type Side = { readonly name: string; readonly url: string; readonly pid: number | null };
type Round = Load & { readonly cpuMsPerCall: number };
type Rounds = ReadonlyMap<string, readonly Round[]>;

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  const services: Service[] = [];
  const keep = <S extends Service | null>(service: S): S => {
    if (service !== null) services.push(service);
    return service;
  };
  try {
    const upstream = keep(await startUpstream(folder));
    const proxies: readonly (readonly [string, Service | null])[] = [
      ['nginx', keep(await startNginxProxy(folder, upstream.url))],
      ['HAProxy', keep(await startHaproxy(folder, upstream.url))],
      ['bare undici', keep(await startBareUndici(upstream.url))],
    ];
    const sink = keep(await startSink());
    const banyan = keep(await startBanyan(folder, upstream.url, sink.url));
    const sides: readonly Side[] = [
      { name: 'direct', url: upstream.url, pid: null },
      ...proxies.flatMap(([name, service]) => (service === null ? [] : [{ name, url: service.url, pid: service.pid }])),
      { name: 'banyan at off', url: `${banyan.url}/off`, pid: banyan.pid },
      { name: 'banyan with shadow', url: `${banyan.url}/shadowed`, pid: banyan.pid },
    ];
    const results: BenchmarkResult[] = [];
    for (const method of ['GET', 'POST'] as const) results.push(...resultsOf(method, await measure(method, sides)));
    results.push(await uploadResult(banyan));
    return results;
  } finally {
    for (const service of services.toReversed()) await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A gateway with a type at `off`, one whose every call is mirrored to the same upstream, and one for uploads. */
async function startBanyan(folder: string, upstream: string, sink: string): Promise<Service> {
  const type = (name: string, legacy: string) => `  ${name}: { legacy: "${legacy}", v2: "${upstream}/v2" }\n`;
  const config = join(folder, 'banyan.yaml');
  const types = `${type('off', upstream)}${type('shadowed', upstream)}${type('uploads', sink)}`;
  writeFileSync(config, `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n${types}`);
  const up = ['up', '--config', config, '--log-level', 'error'];
  const { line, pid, stop } = await startChild('src/cli/main.ts', up, /^banyan ready data=(\S+)/);
  const admin = await AdminClient.find({ state: join(folder, '.banyan') });
  await admin.post('/v1/types/shadowed/stage', { stage: 'shadow' });
  return { url: line[1] ?? '', pid, stop };
}

async function measure(method: Method, sides: readonly Side[]): Promise<Rounds> {
  const rounds = new Map<string, Round[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const side of sides) {
      const measured = await measureOnce(method, side);
      if (round > 0) rounds.get(side.name)?.push(measured); // the first warms everything up
    }
    console.error(`${method}: round ${round}/${ROUNDS}`);
  }
  return rounds;
}

async function measureOnce(method: Method, { url, pid }: Side): Promise<Round> {
  const before = pid === null ? 0 : cpuSeconds(pid);
  const seen = await load({ url, json: LOADS[method], connections: CONNECTIONS, seconds: SECONDS });
  const used = pid === null ? 0 : cpuSeconds(pid) - before;
  return { ...seen, cpuMsPerCall: (used * 1000) / seen.calls };
}

/** What Banyan's sides are held against, with the most that the ratio may be. */
const TARGETS = {
  'banyan at off': { 'bare undici': 1.15, nginx: 2.2, HAProxy: null },
  'banyan with shadow': { 'banyan at off': 2.3 },
} as const satisfies Record<string, Readonly<Record<string, number | null>>>;

function resultsOf(method: Method, rounds: Rounds): readonly BenchmarkResult[] {
  const shown = [...rounds].flatMap(([name, of]) => [
    figure(`${method} p50, ${name}`, median(of, 'p50Ms'), 'ms'),
    figure(`${method} p99, ${name}`, median(of, 'p99Ms'), 'ms'),
    ...(name === 'direct' ? [] : [figure(`${method} CPU s per 1,000 calls, ${name}`, median(of, 'cpuMsPerCall'), 's')]),
  ]);
  const wrong = [...rounds.values()].flat().reduce((sum, round) => sum + round.wrong, 0);
  return [
    ...shown,
    ...ratios(method, rounds),
    { ...figure(`${method} wrong answers`, wrong, ''), target: '0', met: wrong === 0 },
  ];
}

function ratios(method: Method, rounds: Rounds): readonly BenchmarkResult[] {
  return Object.entries(TARGETS).flatMap(([name, targets]) =>
    Object.entries(targets).flatMap(([against, ratioMax]) => {
      const other = rounds.get(against);
      if (other === undefined) return [];
      const value = median(rounds.get(name) ?? [], 'cpuMsPerCall');
      const ratio = value / median(other, 'cpuMsPerCall');
      const target = ratioMax === null ? null : `at most ${ratioMax}x`;
      const met = ratioMax === null ? null : ratio <= ratioMax;
      return [{ ...figure(`${method} CPU a call, ${name}`, value, 'ms'), against, ratio, target, met }];
    }),
  );
}

function figure(metric: string, value: number, unit: string): BenchmarkResult {
  return { metric, value: Number(value.toPrecision(3)), unit, against: null, ratio: null, target: null, met: null };
}

function median(rounds: readonly Round[], key: 'p50Ms' | 'p99Ms' | 'cpuMsPerCall'): number {
  const values = rounds.map((round) => round[key]).toSorted((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

const UPLOAD_GROWTH_MAX_BYTES = 64 * MIB;

async function uploadResult({ url, pid }: Service): Promise<BenchmarkResult> {
  const before = memoryOf(pid).peakBytes;
  await upload(`${url}/uploads`, UPLOAD_BYTES);
  const grown = memoryOf(pid).peakBytes - before;
  return {
    ...figure('memory grown while 2 GiB were uploaded', grown / MIB, 'MiB'),
    target: `at most ${UPLOAD_GROWTH_MAX_BYTES / MIB} MiB`,
    met: grown <= UPLOAD_GROWTH_MAX_BYTES,
  };
}
