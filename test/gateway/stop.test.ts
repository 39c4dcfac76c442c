import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { billing, startRig } from '../support/gateway-rig.ts';
import { json, startUpstream } from '../support/upstream.ts';

it('a candidate that hangs does not hold up a stop: its copies are dropped and counted, not held against it', async () => {
  const legacy = await startUpstream((_, response) => json(response, {}));
  const v2 = await startUpstream(() => undefined);
  const rig = await startRig(billing(legacy.url, v2.url), { timeouts: { drainMs: 0, mirrorMs: 86_400_000 } });
  await rig.stage('shadow');
  const copyArrives = once(v2.server, 'request');
  await (await fetch(`${rig.data}/billing/invoices`)).arrayBuffer();
  await copyArrives;

  const again = await rig.restart();
  expect(again.gateway.parts.shadowOf('billing').ledger.totals()).toMatchObject({
    eligible: 1,
    dropped: 1,
    compared: 0,
  });
  await again.close();
  await Promise.all([legacy.close(), v2.close()]);
});

const DAY_MS = 86_400_000;

/** Callers that each keep a connection, for as long as they may, until `stop`. */
function startLoad(url: string, callers: number) {
  const failed: unknown[] = [];
  const closing: (string | undefined)[] = [];
  let answered = 0;
  let stopped = false;
  const running = Array.from({ length: callers }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      try {
        const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
        await response.toArray();
        if (response.statusCode !== 200) failed.push(response.statusCode);
        closing.push(response.headers.connection);
      } catch (error) {
        failed.push(error);
      }
      answered += 1;
    }
    agent.destroy();
  });
  return {
    failed,
    /** Resolves with the `connection` of the answers from now on. */
    next: async (calls: number) => {
      const before = answered;
      closing.length = 0;
      await expect.poll(() => answered - before).toBeGreaterThan(calls);
      return closing.slice(-callers);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(running);
    },
  };
}

it('49: a gateway that has given notice takes new connections, closes each with its answer, and fails no call', async () => {
  const legacy = await startUpstream((_, response) => json(response, {}));
  const timeouts = { drainNoticeMs: DAY_MS, drainMs: DAY_MS };
  const rig = await startRig(billing(legacy.url, 'http://127.0.0.1:1'), { timeouts });
  const load = startLoad(`${rig.data}/billing/load`, 32);
  expect(await load.next(500)).toContain('keep-alive');
  void rig.gateway.giveNotice(); // for a day
  expect(rig.gateway.draining).toBe(true);
  await load.next(100); // those that were under way, and more
  expect(new Set(await load.next(500))).toEqual(new Set(['close']));
  await load.stop();
  expect(load.failed).toEqual([]);
  await rig.close();
  await expect(fetch(rig.data)).rejects.toThrow('fetch failed');
  await legacy.close();
});

it('an answer that had begun before the stop ends whole, and its connection with it', async () => {
  let finish = () => {};
  const legacy = await startUpstream((_, response) => {
    response.write('begun, ');
    finish = () => response.end('ended');
  });
  const rig = await startRig(billing(legacy.url, 'http://127.0.0.1:1'), { timeouts: { drainMs: 86_400_000 } });
  const request = get(`${rig.data}/billing/x`, { agent: false, headers: { connection: 'keep-alive' } });
  const [response] = await once(request, 'response');
  expect(response.headers.connection).toBe('keep-alive');
  const closed = rig.close();
  finish();
  const chunks: Buffer[] = await response.toArray();
  expect(Buffer.concat(chunks).toString()).toBe('begun, ended');
  await closed;
  await legacy.close();
});
