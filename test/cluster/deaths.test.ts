import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProgram } from '../support/programs.ts';
import { json } from '../support/upstream.ts';
import { Client, type ClusterRig, lives, startCluster } from './rig.ts';

let rig: ClusterRig;
/** The workers of the two connections. */
let pids: number[];
let one: Client;
let two: Client;

beforeEach(async () => {
  rig = await startCluster('timeouts: { drainNoticeMs: 0 }');
  [one, two] = [new Client(rig.data), new Client(rig.data)];
  await one.call('GET', '/billing/x');
  const first = (await rig.workers()).list.find(({ connections }) => connections === 1)?.pid ?? Number.NaN;
  await two.call('GET', '/billing/x');
  const second = (await rig.workers()).list.find(({ pid }) => pid !== first)?.pid ?? Number.NaN;
  pids = [first, second];
});
afterEach(async () => {
  one.close();
  two.close();
  await rig.stop();
});

/** Legacy answers /billing/slow when told to. */
function slowly(): { readonly arrived: Promise<void>; readonly release: () => void } {
  let release = () => {};
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  rig.legacy.answer(({ url }, response) => {
    if (url !== '/billing/slow') return void json(response, { by: 'legacy' });
    const before = release;
    release = () => {
      before();
      json(response, { by: 'slow' });
    };
    arrive();
  });
  return { arrived, release: () => release() };
}

const gone = async (pid: number) => {
  while (lives(pid)) await sleep(5);
};

describe('a worker that is killed', () => {
  it('takes its own calls in flight with it and nothing else, and another one takes its place', async () => {
    await rig.admin.post('/v1/types/billing/stage', { stage: 'ramp', sharePpm: 1_000_000 });
    const created = await one.call('POST', '/billing/invoices', '{}');
    await rig.until(({ types }) => types[0]?.mirror.pending === 0);
    const before = await rig.status();
    const held: (() => void)[] = [];
    const both = new Promise<void>((resolve) => {
      rig.v2.answer(({ url }, response) => {
        if (url !== '/billing/slow') return void json(response, { by: 'v2' });
        if (held.push(() => json(response, { by: 'slow' })) === 2) resolve();
      });
    });
    const lost = one.call('POST', '/billing/slow').then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code,
    );
    const kept = two.call('POST', '/billing/slow');
    await both;
    process.kill(pids[0] ?? 0, 'SIGKILL');
    expect(await lost).toBe('ECONNRESET');
    const meanwhile = new Client(rig.data);
    expect((await meanwhile.call('GET', `/billing/invoices/${created.id}`)).by).toBe('v2');
    meanwhile.close();
    for (const release of held) release();
    expect((await kept).by).toBe('slow');

    const after = await rig.until(({ workers }) => workers?.serving === 2 && workers.restarts === 1);
    expect(after.counters.workers_died).toBe(1);
    expect(after.types[0]?.policy).toEqual(before.types[0]?.policy);
    expect(after.types[0]?.entities.owned).toEqual(before.types[0]?.entities.owned);
    expect(after.types[0]?.calls.answered.v2).toBeGreaterThanOrEqual(before.types[0]?.calls.answered.v2 ?? Number.NaN);
    const fresh = [new Client(rig.data), new Client(rig.data)];
    for (const client of fresh) {
      expect((await client.call('GET', `/billing/invoices/${created.id}`)).by).toBe('v2');
      client.close();
    }
  });

  it('leaves its calls under way counted as interrupted, so that the counts still add up', async () => {
    await rig.admin.post('/v1/types/billing/stage', { stage: 'shadow' });
    rig.v2.answer(() => undefined);
    await one.call('GET', '/billing/x');
    await rig.until(({ types }) => types[0]?.mirror.pending === 1);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    const { types } = await rig.until(({ workers }) => workers?.restarts === 1);
    expect(types[0]?.calls).toMatchObject({ eligible: 1, compared: 0, notComparable: 0, dropped: 1 });
    expect(types[0]?.mirror.pending).toBe(0);
  });
});

it('connections wait while every worker is dead, and none is refused', async () => {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await Promise.all(pids.map(gone));
  const client = new Client(rig.data);
  expect((await client.call('GET', '/billing/x')).status).toBe(200);
  expect((await fetch(`${rig.gateway.ready[2]}/readyz`)).status).toBe(200);
  client.close();
});

it('a worker that hangs is replaced when a policy moves, and the rollback is in force when the command returns', async () => {
  await rig.admin.post('/v1/types/billing/stage', { stage: 'live' });
  process.kill(pids[0] ?? 0, 'SIGSTOP');
  await rig.admin.post('/v1/types/billing/rollback', { reason: 'a test' });
  expect(lives(pids[0] ?? 0)).toBe(false);
  // On a slow machine the other one may have been late too.
  const client = new Client(rig.data);
  expect((await client.call('GET', '/billing/x')).by).toBe('legacy');
  client.close();
  const { counters } = await rig.until(({ workers }) => workers?.serving === 2);
  expect(counters.workers_late).toBeGreaterThanOrEqual(1);
});

it('workers end with a supervisor that is killed', async () => {
  rig.gateway.signal('SIGKILL');
  await gone(rig.gateway.pid);
  await Promise.all(pids.map(gone));
});

describe('a stop', () => {
  it('ends every worker with its calls in flight, and the gateway with 0', async () => {
    const { arrived, release } = slowly();
    const last = one.call('GET', '/billing/slow');
    await arrived;
    rig.gateway.signal('SIGTERM');
    // Both of a service's processes often get the signal; that of a worker is the supervisor's to act on.
    process.kill(pids[0] ?? 0, 'SIGTERM');
    await gone(pids[1] ?? 0);
    release();
    expect((await last).by).toBe('slow');
    expect(await rig.gateway.ended).toBe(0);
    expect(pids.filter(lives)).toEqual([]);
  });

  it('ends at once at a second signal, workers too', async () => {
    const { arrived } = slowly();
    const cut = one.call('GET', '/billing/slow').catch((error: NodeJS.ErrnoException) => error.code);
    await arrived;
    rig.gateway.signal('SIGTERM');
    await gone(pids[1] ?? 0);
    rig.gateway.signal('SIGTERM');
    expect(await rig.gateway.ended).toBe(143);
    expect(await cut).toBe('ECONNRESET');
    await Promise.all(pids.map(gone));
  });
});

it('a gateway whose port is taken says so and ends, workers and all', async () => {
  const second = `data: ${new URL(rig.data).host}\nstate: ${rig.folder}/second`;
  const file = join(rig.folder, 'second.yaml');
  writeFileSync(file, readFileSync(rig.config, 'utf8').replace('data: 127.0.0.1:0', second));
  const started = startProgram('src/cli/main.ts', ['up', '--workers', '2', '--config', file], /^banyan ready/);
  await expect(started).rejects.toThrow('the data port cannot be opened');
});
