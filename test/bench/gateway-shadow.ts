import type { BenchmarkResult } from './result.ts';
import type { BanyanService } from './support/banyan.ts';
import { copiesResults, copiesSettled } from './support/copies.ts';
import { addedP99, PACE, type Pair, steadyLoad } from './support/steady-load.ts';

/** What the shadow adds to the client's p99 while the machine has time for both, and whether it was one throughout. */
export async function shadowResults(
  what: string,
  { url, admin }: BanyanService,
  { type, json, rounds }: { type: string; json: string | null; rounds: number },
): Promise<readonly BenchmarkResult[]> {
  const called = { url: `${url}/${type}`, json };
  const stage = (name: string) => admin.post(`/v1/types/${type}/stage`, { stage: name });
  const before = await copiesSettled(admin, type);
  const pairs: Pair[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const off = await steadyLoad(called);
    await stage('shadow');
    pairs.push({ off, shadowed: await steadyLoad(called) });
    // What were under way as the stage moves would be dropped.
    await copiesSettled(admin, type);
    await stage('off');
    console.error(`${what}: round ${round}/${rounds}`);
  }
  const calls = pairs.reduce((sum, { shadowed }) => sum + shadowed.calls + PACE.warmUpCalls, 0);
  return [...addedP99(what, pairs), ...copiesResults(what, calls, before, await copiesSettled(admin, type))];
}
