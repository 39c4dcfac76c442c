import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLine } from '../../src/contract/policy.ts';
import type { StatusView } from '../../src/gateway/admin/views.ts';
import { json } from '../support/upstream.ts';
import { Client, type ClusterRig, startCluster } from './rig.ts';

let rig: ClusterRig;
/** Each has one connection, to a worker of its own. */
let one: Client;
let two: Client;

beforeEach(async () => {
  rig = await startCluster();
  [one, two] = [new Client(rig.data), new Client(rig.data)];
  await one.call('GET', '/billing/x');
  await two.call('GET', '/billing/x');
  const { list } = await rig.workers();
  expect(list.map(({ connections }) => connections)).toEqual([1, 1]);
});
afterEach(async () => {
  one.close();
  two.close();
  await rig.stop();
});

const stage = (stage: string, over: object = {}) => rig.admin.post('/v1/types/billing/stage', { stage, ...over });
const policyOf = ({ types }: StatusView) => types[0]?.policy;

describe('two workers on one data port', () => {
  it('share the connections, and their counts are one', async () => {
    const clients = Array.from({ length: 20 }, () => new Client(rig.data));
    await Promise.all(clients.map((client) => client.call('GET', '/billing/x')));
    const { workers, types } = await rig.status();
    expect(workers?.list.map(({ connections }) => connections)).toEqual([11, 11]);
    expect(types[0]?.calls.answered).toEqual({ legacy: 22, v2: 0 });
    for (const client of clients) client.close();
    await rig.until((status) => status.workers?.list.every(({ connections }) => connections === 1) === true);
    expect((await rig.status()).counters.client_aborts).toBe(0);
  });

  it('know each other’s entities as soon as their ids are told', async () => {
    await stage('live');
    for (let n = 0; n < 20; n += 1) {
      const created = await one.call('POST', '/billing/invoices', '{}');
      expect(created).toMatchObject({ status: 201, id: `v2-${n + 1}` });
      expect((await two.call('GET', `/billing/invoices/${created.id}`)).by).toBe('v2');
    }
  });

  it('leave what V2 owns and legacy lacks where it is, whichever of them created it', async () => {
    await stage('live');
    const twinned = await one.call('POST', '/billing/invoices', '{}');
    await rig.until(({ types }) => types[0]?.entities.twins.in_sync === 1);
    rig.legacy.answer((_, response) => json(response, { by: 'legacy' }, 500));
    const alone = await one.call('POST', '/billing/invoices', '{}');
    await rig.until(({ types }) => types[0]?.mirror.pending === 0);
    await stage('off');
    expect((await two.call('GET', `/billing/invoices/${alone.id}`)).by).toBe('v2');
    expect((await two.call('GET', `/billing/invoices/${twinned.id}`)).by).toBe('legacy');
    expect((await rig.status()).types[0]?.entities.owned).toEqual({ legacy: 1, v2: 1 });
  });

  it('are told of a rollback before the command returns', async () => {
    for (let round = 0; round < 10; round += 1) {
      await stage('live');
      expect([(await one.call('GET', '/billing/x')).by, (await two.call('GET', '/billing/x')).by]).toEqual([
        'v2',
        'v2',
      ]);
      await rig.admin.post('/v1/types/billing/rollback', { reason: 'a test' });
      const [first, second] = await Promise.all([one.call('GET', '/billing/x'), two.call('GET', '/billing/x')]);
      expect([first.by, second.by]).toEqual(['legacy', 'legacy']);
      await rig.admin.post('/v1/types/billing/resume', {});
    }
    const { lines } = await rig.admin.get<{ lines: AuditLine[] }>('/v1/audit');
    expect(lines).toHaveLength(30);
  });

  it('give their evidence to one guard', async () => {
    await stage('live');
    rig.v2.answer((_, response) => json(response, { by: 'v2' }, 500));
    // Four in a row roll nothing back; the fifth is another worker's. Writes are not asked again on legacy.
    for (const client of [one, two, one, two]) await client.call('POST', '/billing/x');
    expect(policyOf(await rig.status())?.rolledBack).toBeNull();
    await one.call('POST', '/billing/x');
    const status = await rig.until((now) => policyOf(now)?.rolledBack !== null);
    expect(policyOf(status)?.rolledBack).toMatchObject({ by: 'guard', reason: '5 consecutive failures of V2' });
    expect((await two.call('GET', '/billing/x')).by).toBe('legacy');
  });

  it('find no difference, and trust no twin, for a write that the other’s creation did not reach in time', async () => {
    let release = () => {};
    rig.v2.answer(({ method, url }, response) => {
      if (url !== '/billing/invoices') return void json(response, { by: 'legacy' });
      release = () => json(response, { id: 'v2-twin' }, 201);
      expect(method).toBe('POST');
    });
    await stage('shadow');
    const { id } = await one.call('POST', '/billing/invoices', '{}');
    await two.call('POST', `/billing/invoices/${id}/pay`);
    await rig.until(() => rig.v2.seen.length === 1);
    release();
    const { types } = await rig.until(({ types }) => types[0]?.mirror.pending === 0);
    // Whether the copy of the payment came in time depends on the machine; what follows from it does not.
    const reached = rig.v2.seen.some(({ url }) => url === '/billing/invoices/v2-twin/pay');
    expect(types[0]?.entities.twins).toMatchObject(reached ? { in_sync: 1 } : { stale: 1 });
    const compared = reached ? 2 : 1;
    expect(types[0]?.calls).toMatchObject({ eligible: 2, compared, matched: compared, notComparable: 2 - compared });
  });

  it('hold no difference against V2 that a write of the other may explain, and every other one', async () => {
    await stage('shadow');
    let release = () => {};
    rig.v2.answer(({ method }, response) => {
      if (method === 'GET') return void json(response, { by: 'v2' });
      release = () => json(response, { by: 'legacy' });
    });
    await one.call('POST', '/billing/x');
    await rig.until(({ types }) => types[0]?.mirror.pending === 1);
    await two.call('GET', '/billing/x');
    await rig.until(({ types }) => types[0]?.calls.notComparable === 1);
    release();
    await rig.until(({ types }) => types[0]?.mirror.pending === 0);
    // When the other worker is slow to say that nothing moved, nothing is held against V2 either: so it is asked again.
    const differences = async () => {
      await two.call('GET', '/billing/x');
      const { types } = await rig.until(({ types }) => types[0]?.mirror.pending === 0);
      return types[0]?.calls;
    };
    await expect.poll(differences).toMatchObject({ compared: 2, matched: 1 });
  });

  it('take another config together, or none of them does', async () => {
    rig.save('limits: { upstreamQueueMax: 7 }');
    const saved = await rig.until(({ config }) => config.revision === 2);
    expect(saved.config.lastError).toBeNull();
    rig.save('limits: { upstreamQueueMax: none }');
    await expect(rig.admin.post('/v1/reload', {})).rejects.toMatchObject({ code: 'BAD_CONFIG' });
    const { config } = await rig.until(({ workers }) => workers?.serving === 2);
    expect(config.revision).toBe(2);
    const client = new Client(rig.data);
    expect((await client.call('GET', '/billing/x')).status).toBe(200);
    client.close();
  });
});
