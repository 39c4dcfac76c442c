/**
 * What a reload or a rolling restart costs the callers: 64 of them, each on a connection that it keeps and without a
 * pause, send bodies and check that they come back whole, while the config changes five times and all workers are
 * replaced five times.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { StatusView } from '../../src/gateway/admin/views.ts';
import { startWholeLoad, type WholeLoad } from '../support/whole-load.ts';
import type { BenchmarkResult } from './result.ts';
import { type Child, startChild } from './support/child.ts';

const ROUNDS = 5;
const CALLERS = 64;
const WORKERS = 2;
/** Calls between one disturbance and the next. */
const CALLS_BETWEEN = 1000;

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  const file = join(folder, 'banyan.yaml');
  const children: Child[] = [];
  try {
    const upstream = await startChild('test/bench/support/echo.ts', [], /^ready (\S+)$/);
    children.push(upstream);
    const save = (round: number) => writeFileSync(file, config(upstream.line[1] ?? '', round));
    save(0);
    const up = ['up', '--config', file, '--workers', String(WORKERS), '--log-level', 'error'];
    const gateway = await startChild('src/cli/main.ts', up, /^banyan ready data=(\S+)/);
    children.push(gateway);
    const admin = await AdminClient.find({ state: join(folder, '.banyan') });
    const load = startWholeLoad(gateway.line[1] ?? '', CALLERS);
    const disturbed = await disturb(load, admin, save);
    await load.stop();
    return results(load, disturbed);
  } finally {
    for (const child of children.toReversed()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Disturbed = { readonly reloads: number; readonly replaced: number };

async function disturb(load: WholeLoad, admin: AdminClient, save: (round: number) => void): Promise<Disturbed> {
  let replaced = 0;
  await load.more(CALLS_BETWEEN);
  for (let round = 1; round <= ROUNDS; round += 1) {
    save(round);
    // Whichever is first, this or the look at the file, puts it in force.
    await admin.post('/v1/reload', {});
    await load.more(CALLS_BETWEEN);
    replaced += (await admin.post<{ readonly replaced: number }>('/v1/restart', {})).replaced;
    await load.more(CALLS_BETWEEN);
  }
  const { config: inForce } = await admin.get<StatusView>('/v1/status');
  return { reloads: inForce.revision - 1, replaced };
}

/** Another limit and another timeout renew every connection to the upstream. */
function config(upstream: string, round: number): string {
  return `data: 127.0.0.1:0
admin: 127.0.0.1:0
limits: { upstreamQueueMax: ${1024 + round} }
types:
  billing: { match: { prefix: /billing }, legacy: "${upstream}", v2: "http://127.0.0.1:9" }
`;
}

function results(load: WholeLoad, { reloads, replaced }: Disturbed): readonly BenchmarkResult[] {
  const zero = (metric: string, found: readonly string[]): BenchmarkResult => {
    for (const one of found.slice(0, 10)) console.error(`${metric}: ${one}`);
    return {
      metric,
      value: found.length,
      unit: 'calls',
      target: '0',
      met: found.length === 0,
      against: null,
      ratio: null,
    };
  };
  const count = (metric: string, value: number, unit: string, expected: number | null): BenchmarkResult => ({
    metric,
    value,
    unit,
    against: null,
    ratio: null,
    target: expected === null ? null : String(expected),
    met: expected === null ? null : value === expected,
  });
  return [
    zero('failed calls', load.failed),
    zero('truncated answers', load.truncated),
    count('calls', load.calls(), `calls on ${CALLERS} connections`, null),
    count('configs that took force', reloads, 'configs', ROUNDS),
    count('workers replaced', replaced, 'workers', ROUNDS * WORKERS),
  ];
}
