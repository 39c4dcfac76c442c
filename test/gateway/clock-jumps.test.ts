import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Timeouts } from '../../src/contract/limits.ts';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

const HOUR_MS = 3_600_000;

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
let jumping: () => number;

async function start(timeouts: Partial<Timeouts> = {}): Promise<void> {
  rig = await startRig(billing(legacy.url, v2.url), { timeouts: { drainMs: 0, ...timeouts }, nowMs: jumping });
}

const get = (tenant: string) => fetch(`${rig.data}/billing/x`, { headers: { 'x-tenant': tenant } });

describe('54: a wall clock that jumps by hours', () => {
  /** A wall clock that is an hour ahead, then an hour behind, and so on, at every look. */
  beforeEach(async () => {
    let looks = 0;
    const wallMs = Date.now();
    jumping = () => {
      looks += 1;
      return wallMs + (looks % 2 === 0 ? HOUR_MS : -HOUR_MS);
    };
    vi.spyOn(Date, 'now').mockImplementation(jumping);
    legacy = await startUpstream((_, response) => json(response, { by: 'legacy' }));
    v2 = await startUpstream((_, response) => json(response, { by: 'v2' }));
  });

  afterEach(async () => {
    await rig.close();
    await Promise.all([legacy.close(), v2.close()]);
    vi.restoreAllMocks();
  });

  it('moves no caller to another side, and no line of the audit log out of its place', async () => {
    await start();
    const tenants = Array.from({ length: 64 }, (_, n) => `tenant-${n}`);
    const sides = () => Promise.all(tenants.map(async (tenant) => (await (await get(tenant)).json()) as object));
    await rig.stage('ramp', 500_000);
    const before = await sides();
    expect(await sides()).toEqual(before);
    expect(new Set(before.map((side) => JSON.stringify(side))).size).toBe(2);

    await rig.stage('live');
    const { policies } = rig.gateway.parts;
    expect(policies.audit({ limit: 10 }).map(({ after }) => after.stage)).toEqual(['live', 'ramp']);
    expect(policies.current('billing').revision).toBe(2);
  });

  it('ends no copy early and none late', async () => {
    await start({ mirrorMs: 1000 });
    await rig.stage('shadow');
    await (await get('a')).arrayBuffer();
    await rig.shadowIdle();
    v2.answer(() => undefined);
    await (await get('a')).arrayBuffer();
    await rig.shadowIdle();
    const { ledger } = rig.gateway.parts.shadowOf('billing');
    expect(ledger.totals()).toMatchObject({ eligible: 2, compared: 2, dropped: 0 });
    const sides = ledger.snapshot().operations.flatMap((operation) => operation.sides);
    const candidate = sides.find(({ role }) => role === 'candidate');
    expect(candidate).toMatchObject({ side: 'v2', answers: 1, failures: { answer_timeout: 1 } });
    for (const { totalMs } of sides) {
      expect(totalMs.maxMs).toBeLessThan(HOUR_MS);
      expect(totalMs.minMs).toBeGreaterThan(0);
    }
  });

  it('gives an upstream the time of its timeout: 200 in time, 504 after it', async () => {
    await start({ answerMs: 1000 });
    expect((await get('a')).status).toBe(200);
    legacy.answer(() => undefined);
    expect((await get('a')).status).toBe(504);
  });

  it('does not shorten or stretch a stop', async () => {
    await start();
    legacy.answer(() => undefined);
    const cut = expect(get('a')).rejects.toThrow();
    while (legacy.seen.length === 0) await new Promise(setImmediate);
    await rig.gateway.close();
    await cut;
  });
});

it('is read only for what is stored or shown', () => {
  const root = join(import.meta.dirname, '../..');
  const files = ['src/gateway', 'src/cutover', 'src/store', 'src/wire', 'src/cli/up', 'shadow'].flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: root }),
  );
  const reading = files.filter((file) => /Date\.now|new Date\(\)/.test(readFileSync(join(root, file), 'utf8')));
  expect(files.length).toBeGreaterThan(60);
  expect(reading.toSorted()).toEqual([
    'src/cli/up/config-reloader.ts',
    'src/cutover/entities.ts',
    'src/cutover/policies.ts',
    'src/gateway/own-answer.ts',
    'src/gateway/parts.ts',
    // What a token is good until stands in the token, and is read by other processes.
    'src/gateway/telemetry/debug-tokens.ts',
  ]);
});
