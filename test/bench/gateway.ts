/**
 * What a call through the gateway costs, beside other proxies over the same upstream, in one run. Every side takes
 * the same load in turn, several rounds; figures are medians over the rounds. CPU is the proxy's own, of its process
 * and its workers, from /proc (Linux). Memory over ten minutes takes ten minutes, and is measured with `--full`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Round, type Rounds, resultsOf } from './gateway-figures.ts';
import { shadowResults } from './gateway-shadow.ts';
import { run as soak } from './gateway-soak.ts';
import { uploadResult } from './gateway-upload.ts';
import { type BenchmarkOptions, type BenchmarkResult, notMeasured } from './result.ts';
import { type BanyanService, startBanyan } from './support/banyan.ts';
import { copiesResults, copiesSettled } from './support/copies.ts';
import { load } from './support/load.ts';
import { cpuSeconds } from './support/processes.ts';
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
import { toolsFound, toolsResult } from './support/tools.ts';

const ROUNDS = 5;
const SECONDS = 2;
/** Node's compiler needs a while to know what is used most. */
const WARM_UP_SECONDS = 5;
const CONNECTIONS = 32;
const JSON_SENT = '{"customer":"acme","lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}';
const UPLOAD_BYTES = 2 ** 31;

const LOADS = { GET: null, POST: JSON_SENT } as const;
type Method = keyof typeof LOADS;

type Side = {
  readonly name: string;
  readonly url: string;
  /** `null`: nothing stands between the load and the upstream. */
  readonly pid: number | null;
  /** Resolves when nothing is under way any more that its calls have begun, where clients do not wait for all of it. */
  readonly settled?: () => Promise<unknown>;
};

const SHADOWED = 'banyan with shadow';

export async function run({ full }: BenchmarkOptions): Promise<readonly BenchmarkResult[]> {
  const why = 'takes 10 minutes; `npm run bench -- gateway --full` does, and `npm run bench -- gateway-soak` alone';
  const calls = await callResults();
  return [...calls, ...(full ? await soak() : [notMeasured('memory over 10 minutes of load', why, null)])];
}

async function callResults(): Promise<readonly BenchmarkResult[]> {
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
      {
        name: SHADOWED,
        url: `${banyan.url}/shadowed`,
        pid: banyan.pid,
        settled: () => copiesSettled(banyan.admin, 'shadowed'),
      },
    ];
    await warmUp(sides);
    return [
      toolsResult(toolsFound()),
      ...(await sidesResults('GET', sides, banyan)),
      ...(await sidesResults('POST', sides, banyan)),
      ...(await shadowResults('shadow, GET', banyan, { type: 'steady', json: LOADS.GET, rounds: ROUNDS })),
      ...(await shadowResults('shadow, POST', banyan, { type: 'steady', json: LOADS.POST, rounds: ROUNDS })),
      await uploadResult(folder, sink.url, UPLOAD_BYTES),
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

async function sidesResults(
  method: Method,
  sides: readonly Side[],
  { admin }: BanyanService,
): Promise<readonly BenchmarkResult[]> {
  const before = await copiesSettled(admin, 'shadowed');
  const rounds = await measure(method, sides);
  const calls = (rounds.get(SHADOWED) ?? []).reduce((sum, round) => sum + round.calls, 0);
  const copies = copiesResults(`${method} as fast as can be`, calls, before, await copiesSettled(admin, 'shadowed'));
  return [...resultsOf(method, rounds), ...copies];
}

async function measure(method: Method, sides: readonly Side[]): Promise<Rounds> {
  const rounds = new Map<string, Round[]>(sides.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const side of sides) rounds.get(side.name)?.push(await measureOnce(method, side));
    console.error(`${method}: round ${round}/${ROUNDS}`);
  }
  return rounds;
}

async function measureOnce(method: Method, { url, pid, settled }: Side): Promise<Round> {
  const before = pid === null ? 0 : cpuSeconds(pid);
  const seen = await load({ url, json: LOADS[method], connections: CONNECTIONS, seconds: SECONDS });
  await settled?.();
  const used = pid === null ? 0 : cpuSeconds(pid) - before;
  return { ...seen, cpuMsPerCall: (used * 1000) / seen.calls };
}
