import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/contract/limits.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { billing } from '../support/gateway-rig.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let legacy: Upstream;
let gateway: Gateway;
let store: Store;
let folder: string;
let acceptor: Server;

/** A gateway that is handed its connections, as a worker is, and never listens. */
async function setUp(timeouts: Partial<Timeouts> = {}): Promise<RawSocket> {
  legacy = await startUpstream((_, response) => json(response, { by: 'legacy' }));
  folder = mkdtempSync(join(tmpdir(), 'banyan-adopt-'));
  store = openSqliteStore(folder, { entitiesCachedMax: 10 });
  gateway = new Gateway({
    data: { host: '', port: 0 },
    types: [billing(legacy.url, 'http://127.0.0.1:1')],
    limits: DEFAULT_LIMITS,
    timeouts: { ...DEFAULT_TIMEOUTS, ...timeouts },
    trustedProxies: [],
    store,
    logger: pino({ level: 'silent' }),
    redactionKey: new Uint8Array(32),
  });
  acceptor = createServer({ pauseOnConnect: true }, (socket) => gateway.adopt(socket));
  acceptor.listen(0, '127.0.0.1');
  await once(acceptor, 'listening');
  return new RawSocket(connect((acceptor.address() as AddressInfo).port, '127.0.0.1'));
}
afterEach(async () => {
  acceptor.close();
  await gateway.close();
  await store.close();
  rmSync(folder, { recursive: true });
  await legacy.close();
});

it('a connection that was accepted elsewhere is served', async () => {
  const client = await setUp();
  client.send('GET /billing/x HTTP/1.1\r\nhost: test\r\n\r\n');
  expect(await client.until('{"by":"legacy"}')).toContain('HTTP/1.1 200');
  client.destroy();
});

it('it is bound by the same timeouts', async () => {
  const client = await setUp({ requestHeadMs: 100 });
  client.send('GET /billing/x HTTP/1.1\r\n');
  await client.until('HTTP/1.1 408');
  await client.closed;
});

const GET = 'GET /billing/x HTTP/1.1\r\nhost: test\r\n\r\n';

it('a gateway that retires leaves idle connections open for their next request, which is their last', async () => {
  const first = await setUp({ drainMs: 86_400_000 });
  const second = new RawSocket(connect((acceptor.address() as AddressInfo).port, '127.0.0.1'));
  for (const client of [first, second]) await client.send(GET).until('{"by":"legacy"}');
  const retired = gateway.retire();
  for (const client of [first, second]) {
    await client.send(GET).closed;
    expect(client.received.toLowerCase().match(/connection: (keep-alive|close)/g)).toEqual([
      'connection: keep-alive',
      'connection: close',
    ]);
  }
  await retired;
});

it('one on which nothing more is asked is ended in order after drainMs', async () => {
  const idle = await setUp({ drainMs: 300 });
  await idle.send(GET).until('{"by":"legacy"}');
  await gateway.retire();
  await idle.closed;
  expect([idle.wasReset, idle.wasEnded]).toEqual([false, true]);
});

it('a gateway that is closed while it retires waits for no idle connection any more', async () => {
  const idle = await setUp({ drainMs: 86_400_000 });
  idle.send('GET /billing/x HTTP/1.1\r\nhost: test\r\n\r\n');
  await idle.until('{"by":"legacy"}');
  const retired = gateway.retire();
  await Promise.all([gateway.close(), gateway.close(), retired]);
  await idle.closed;
  expect(idle.wasReset).toBe(false);
});

it('a config that was prepared before a stop began is not put in force after it', async () => {
  const idle = await setUp({});
  const { limits, timeouts } = gateway.parts;
  const types = [billing(legacy.url, 'http://127.0.0.1:1', { name: 'other' })];
  const commit = await gateway.prepare({ types, limits, timeouts, trustedProxies: [] });
  idle.socket.destroy();
  await gateway.close();
  expect(commit).toThrow('the gateway stops');
  expect(gateway.parts.types.map(({ name }) => name)).toEqual(['billing']);
});
