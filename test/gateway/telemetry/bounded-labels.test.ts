import { METHODS, STATUS_CODES } from 'node:http';
import { Pool } from 'undici';
import { expect, it } from 'vitest';
import { billing, startRig } from '../../support/gateway-rig.ts';
import { scrape } from '../../support/scrape.ts';
import { startUpstream } from '../../support/upstream.ts';

const CALLS = 10_000;
const SEED = 7;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it('10,000 requests of all kinds make no label: what is counted stays bounded', async () => {
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const word = () => `zz${Math.floor(random() * 2 ** 40).toString(36)}`;
  const statuses = Object.keys(STATUS_CODES)
    .map(Number)
    .filter((status) => status >= 200);
  const upstream = await startUpstream(({ method }, response) => {
    const status = pick(statuses);
    response.writeHead(status).end(status === 204 || status === 304 || method === 'HEAD' ? undefined : 'x');
  });
  const rig = await startRig(billing(upstream.url, `${upstream.url}/v2`));
  const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');
  const client = new Pool(rig.data, { connections: 16 });

  const one = async () => {
    const { body } = await client.request({
      method: pick(methods) as 'GET',
      path: pick([`/billing/${word()}`, `/${word()}`, `/billing/invoices/${word()}?${word()}=${word()}`, '/billing']),
      headers: { [word()]: word(), 'x-orchestrator-type': word(), 'x-tenant': word(), 'x-banyan-type': word() },
    });
    await body.dump();
  };
  let left = CALLS;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    }),
  );

  const samples = scrape(rig);
  await client.close();
  await rig.close();
  await upstream.close();

  const count = 'http_server_request_duration_seconds_count';
  const counted = samples.filter(({ name }) => name === count);
  expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(CALLS);
  // One type and none, eleven methods, the statuses of the upstream and of the gateway.
  expect(counted.length).toBeLessThan(2 * 11 * (statuses.length + 5));
  const values = new Set(samples.flatMap(({ labels }) => Object.values(labels)));
  expect([...values].filter((value) => value.startsWith('zz'))).toEqual([]);
  const labelled = (label: string) => new Set(counted.map(({ labels }) => labels[label]));
  expect(labelled('banyan_type')).toEqual(new Set(['billing', undefined]));
  expect([...labelled('http_request_method')].toSorted()).toEqual(
    ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', '_OTHER'].toSorted(),
  );
}, 60_000);
