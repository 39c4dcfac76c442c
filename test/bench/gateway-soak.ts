/**
 * Whether the gateway's memory stays flat under ten minutes of load, at `off` and under shadow at once. What it holds is
 * read every second; the last minute is held against the second, when everything that is made once is there.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchmarkResult, none } from './result.ts';
import { type BanyanService, startBanyan } from './support/banyan.ts';
import { copiesResults, copiesSettled } from './support/copies.ts';
import { load } from './support/load.ts';
import { memoryOf } from './support/processes.ts';
import { type Service, startUpstream } from './support/reference-proxies.ts';
import { median } from './support/statistics.ts';

const MINUTES = 10;
const CONNECTIONS = 16;
const GROWTH_MAX_MIB = 20;
const MIB = 1024 * 1024;

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  const services: Service[] = [];
  try {
    const upstream = await startUpstream(folder);
    services.push(upstream);
    const type = { legacy: upstream.url, v2: `${upstream.url}/v2` };
    const banyan = await startBanyan(folder, { off: type, shadowed: type });
    services.push(banyan);
    await banyan.admin.post('/v1/types/shadowed/stage', { stage: 'shadow' });
    return await measure(banyan);
  } finally {
    for (const service of services.toReversed()) await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure({ url, pid, admin }: BanyanService): Promise<readonly BenchmarkResult[]> {
  const minutes: number[] = [];
  const before = await copiesSettled(admin, 'shadowed');
  let calls = 0;
  let shadowed = 0;
  let wrong = 0;
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const seen: number[] = [];
    const looking = setInterval(() => seen.push(memoryOf(pid).nowBytes / MIB), 1000);
    const loads = await Promise.all(
      ['off', 'shadowed'].map((type) =>
        load({ url: `${url}/${type}`, json: null, connections: CONNECTIONS, seconds: 60 }),
      ),
    );
    clearInterval(looking);
    minutes.push(median(seen));
    for (const one of loads) {
      calls += one.calls;
      wrong += one.wrong;
    }
    shadowed += loads.at(-1)?.calls ?? 0;
    console.error(`minute ${minute}/${MINUTES}: ${minutes.at(-1)?.toFixed(1)} MiB`);
  }
  const [, early = Number.NaN] = minutes;
  const late = minutes.at(-1) ?? Number.NaN;
  return [
    {
      metric: `memory in minute ${MINUTES}`,
      value: Number(late.toFixed(1)),
      unit: `MiB over ${calls} calls`,
      against: `minute 2 (${early.toFixed(1)} MiB)`,
      ratio: late / early,
      target: `at most ${GROWTH_MAX_MIB} MiB more`,
      met: late - early <= GROWTH_MAX_MIB,
    },
    none(`wrong answers in ${MINUTES} minutes`, wrong, `of ${calls} calls`),
    ...copiesResults(`${MINUTES} minutes`, shadowed, before, await copiesSettled(admin, 'shadowed')),
  ];
}
