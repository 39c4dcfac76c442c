/**
 * What a call through the gateway costs, beside other proxies over the same upstream, in one run. Every side takes
 * the same load in turn, several rounds; figures are medians over the rounds. CPU is the proxy's own, of its process
 * and its workers, from /proc (Linux).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Round, type Rounds, resultsOf } from './gateway-figures.ts';
import { type BenchmarkResult, figure } from './result.ts';
import { type BanyanService, startBanyan } from './support/banyan.ts';
import { load } from './support/load.ts';
import { cpuSeconds, memoryOf } from './support/processes.ts';
import {
  type Service,
  startBareUndici,
  startFastifyProxy,
  startHaproxy,
  startNginxProxy,
  startOldHttpProxy,
  startSink,
  startUpstream,
} from './support/reference-proxies.ts';
import { addedP99, type Pair, steadyLoad } from './support/steady-load.ts';
import { upload } from './support/upload.ts';

const ROUNDS = 5;
const SECONDS = 2;
/** Node's compiler needs a while to know what is used most. */
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;
const JSON_SENT = '{"customer":"acme","lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}';
const UPLOAD_BYTES = 2 ** 31;
const MIB = 1024 * 1024;

const LOADS = { GET: null, POST: JSON_SENT } as const;
type Method = keyof typeof LOADS;

/** A side of the comparison. `null` pid: nothing stands between the load and the upstream. */
type Side = { readonly name: string; readonly url: string; readonly pid: number | null };

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
      ['http-proxy', keep(await startOldHttpProxy(upstream.url))],
      ['@fastify/http-proxy', keep(await startFastifyProxy(upstream.url))],
      ['bare undici', keep(await startBareUndici(upstream.url))],
    ];
    const sink = keep(await startSink());
    const banyan = keep(await startBanyan(folder, typesOver(upstream.url)));
    await banyan.admin.post('/v1/types/shadowed/stage', { stage: 'shadow' });
    const sides: readonly Side[] = [
      { name: 'direct', url: upstream.url, pid: null },
      ...proxies.flatMap(([name, service]) => (service === null ? [] : [{ name, url: service.url, pid: service.pid }])),
      { name: 'banyan at off', url: `${banyan.url}/off`, pid: banyan.pid },
      { name: 'banyan with shadow', url: `${banyan.url}/shadowed`, pid: banyan.pid },
    ];
    await warmUp(sides);
    return [
      ...resultsOf('GET', await measure('GET', sides)),
      ...resultsOf('POST', await measure('POST', sides)),
      await shadowResult(banyan),
      await uploadResult(folder, sink.url),
    ];
  } finally {
    for (const service of services.toReversed()) await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A type at `off`, one whose every call is mirrored to the same upstream, and one for steady calls. */
function typesOver(upstream: string) {
  const type = { legacy: upstream, v2: `${upstream}/v2` };
  return { off: type, shadowed: type, steady: type };
}

async function warmUp(sides: readonly Side[]): Promise<void> {
  for (const { name, url } of sides) {
    for (const json of Object.values(LOADS))
      await load({ url, json, connections: CONNECTIONS, seconds: WARM_UP_SECONDS });
    console.error(`warm: ${name}`);
  }
}

async function measure(method: Method, sides: readonly Side[]): Promise<Rounds> {
  const rounds = new Map<string, Round[]>(sides.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const side of sides) rounds.get(side.name)?.push(await measureOnce(method, side));
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

const ADDED_P99_MAX_MS = 1;

/** What the shadow adds to the client's p99 while the machine has time for both. */
async function shadowResult({ url, admin }: BanyanService): Promise<BenchmarkResult> {
  const pairs: Pair[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const off = await steadyLoad(`${url}/steady`, SECONDS);
    await admin.post('/v1/types/steady/stage', { stage: 'shadow' });
    pairs.push({ off, shadowed: await steadyLoad(`${url}/steady`, SECONDS) });
    await admin.post('/v1/types/steady/stage', { stage: 'off' });
  }
  const { addedMs, p99, p99Off } = addedP99(pairs);
  return {
    ...figure(`added to the client's p99 by the shadow (p99 ${p99} ms)`, addedMs, 'ms'),
    against: `p99 at off just before (${p99Off} ms)`,
    ratio: p99 / p99Off,
    target: `at most ${ADDED_P99_MAX_MS} ms`,
    met: addedMs <= ADDED_P99_MAX_MS,
  };
}

const UPLOAD_GROWTH_MAX_BYTES = 64 * MIB;

/** In a gateway of its own: what an upload leaves would vanish in what minutes of load have left. */
async function uploadResult(folder: string, sink: string): Promise<BenchmarkResult> {
  const own = join(folder, 'uploads');
  mkdirSync(own);
  const { url, pid, stop } = await startBanyan(own, { uploads: { legacy: sink, v2: `${sink}/v2` } });
  try {
    await upload(`${url}/uploads`, MIB);
    const before = memoryOf(pid).nowBytes;
    await upload(`${url}/uploads`, UPLOAD_BYTES);
    const grown = memoryOf(pid).peakBytes - before;
    return {
      ...figure('memory grown while 2 GiB were uploaded', grown / MIB, 'MiB'),
      target: `at most ${UPLOAD_GROWTH_MAX_BYTES / MIB} MiB`,
      met: grown <= UPLOAD_GROWTH_MAX_BYTES,
    };
  } finally {
    await stop();
  }
}
