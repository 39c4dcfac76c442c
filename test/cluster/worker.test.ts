import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Answer,
  type FromWorker,
  PROTOCOL,
  type Question,
  type Settings,
  type ToWorker,
} from '../../src/cluster/messages.ts';
import { runWorker } from '../../src/cluster/worker.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Timeouts } from '../../src/contract/limits.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { billing } from '../support/gateway-rig.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

/** A worker in this process, and the supervisor's end of its channel. */
function startWorker(options: { readonly orphanDrainMs?: number } = {}) {
  const sent: FromWorker[] = [];
  /** Kinds of which the next message cannot be sent. */
  const refused = new Set<FromWorker['kind']>();
  const answers = new Map<number, (answer: Answer) => void>();
  let tell: (message: ToWorker, socket?: Socket) => void = () => {};
  let orphan = () => {};
  let last = 0;
  const ended = runWorker(
    {
      send: (message) => {
        if (refused.delete(message.kind)) throw new Error('the channel is full');
        sent.push(message);
        if (message.kind === 'answer') answers.get(message.number)?.(message);
      },
      onMessage: (listener) => {
        tell = (message, socket) => listener(message, socket);
      },
      onEnd: (listener) => {
        orphan = listener;
      },
    },
    options,
  );
  const ask = (question: Question) =>
    new Promise<Answer>((resolve) => {
      last += 1;
      answers.set(last, resolve);
      tell({ ...question, number: last });
    });
  return {
    sent,
    refused,
    ended,
    ask,
    tell: (message: ToWorker, socket?: Socket) => tell(message, socket),
    orphan: () => orphan(),
  };
}

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-worker-'));
  store = openSqliteStore(folder, { entitiesCachedMax: 10 });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const types = [billing('http://127.0.0.1:9', 'http://127.0.0.1:10')];
const configured = { types, limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS, trustedProxies: [], tls: null };
const settings = (over: Partial<Settings> = {}): Settings => ({
  ...{ protocol: PROTOCOL, state: folder, configured, v2Host: null, onV2: [], logLevel: 'silent', otlp: null },
  ...{ adminToken: 'a'.repeat(43), redactionKey: 'b'.repeat(43), draining: false },
  ...over,
});
const start = (over: Partial<Settings> = {}): Question => ({ kind: 'start', settings: settings(over) });

describe('a worker', () => {
  it('refuses to start under a supervisor of another version', async () => {
    const worker = startWorker();
    expect((await worker.ask(start({ protocol: PROTOCOL + 1 }))).error).toMatchObject({ code: 'BAD_CONFIG' });
    worker.tell({ kind: 'close' });
    await worker.ended;
  });

  it('says why it cannot start', async () => {
    const worker = startWorker();
    const answer = await worker.ask(start({ state: join(folder, 'nowhere') }));
    expect(answer.error).toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('cannot be read') });
  });

  it('prepares a config without using it, refuses one that it cannot take, and forgets one that is discarded', async () => {
    const worker = startWorker();
    expect((await worker.ask(start())).error).toBeUndefined();
    const named = (name: string, order: 'entity' | 'type' = 'entity') => {
      const type = billing('http://127.0.0.1:9', 'http://127.0.0.1:10', { name });
      return { ...configured, types: [{ ...type, wire: { ...type.wire, order } }] };
    };
    const typesCounted = async () => {
      await worker.ask({ kind: 'count' });
      const counted = worker.sent.findLast((message) => message.kind === 'counted');
      return counted?.kind === 'counted' ? Object.keys(counted.counted.mirrors) : [];
    };
    const refused = await worker.ask({ kind: 'prepare', attempt: 1, configured: named('billing', 'type') });
    expect(refused.error).toMatchObject({ code: 'BAD_CONFIG' });
    await worker.ask({ kind: 'prepare', attempt: 2, configured: named('other') });
    expect(await typesCounted()).toEqual(['billing']);
    worker.tell({ kind: 'discard', attempt: 2 });
    expect((await worker.ask({ kind: 'commit', attempt: 2 })).error).toMatchObject({ code: 'INTERNAL' });
    expect(await typesCounted()).toEqual(['billing']);
    const late = worker.ask({ kind: 'prepare', attempt: 3, configured: named('late') });
    worker.tell({ kind: 'discard', attempt: 3 });
    await late;
    expect((await worker.ask({ kind: 'commit', attempt: 3 })).error).toMatchObject({ code: 'INTERNAL' });
    expect(await typesCounted()).toEqual(['billing']);
    await worker.ask({ kind: 'prepare', attempt: 4, configured: named('other') });
    worker.tell({ kind: 'discard', attempt: 3 });
    expect((await worker.ask({ kind: 'commit', attempt: 4 })).error).toBeUndefined();
    expect(await typesCounted()).toEqual(['other']);
    worker.tell({ kind: 'close' });
    await worker.ended;
  });

  it('reads no secret of the state folder, and makes none', async () => {
    const worker = startWorker();
    const before = readdirSync(folder);
    expect((await worker.ask(start())).error).toBeUndefined();
    expect(readdirSync(folder).filter((name) => !name.startsWith('banyan.sqlite'))).toEqual(
      before.filter((name) => !name.startsWith('banyan.sqlite')),
    );
    worker.tell({ kind: 'close' });
    await worker.ended;
  });

  it('goes on when it cannot tell what it has counted, and counts that', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    try {
      const worker = startWorker();
      await worker.ask(start());
      worker.refused.add('counted');
      await vi.advanceTimersByTimeAsync(1000);
      await worker.ask({ kind: 'count' });
      const counted = worker.sent.find((message) => message.kind === 'counted');
      expect(counted).toMatchObject({ counted: { counters: { telemetry_defects: 1 } } });
      worker.tell({ kind: 'close' });
      await worker.ended;
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends by itself when the supervisor is gone', async () => {
    const worker = startWorker();
    await worker.ask(start());
    worker.orphan();
    await worker.ended;
  });
});

describe('a worker with a connection', () => {
  let legacy: Upstream;
  let server: Server;
  let accepted: Promise<Socket>;
  beforeEach(async () => {
    legacy = await startUpstream((_, response) => json(response, { by: 'legacy' }));
    server = createServer({ pauseOnConnect: true });
    accepted = once(server, 'connection').then(([socket]) => socket);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.close();
    await legacy.close();
  });

  /** And the client at its other end, which has asked. */
  async function connected(over: { readonly orphanDrainMs?: number; readonly draining?: boolean } = {}) {
    const worker = startWorker(over);
    const timeouts: Timeouts = { ...DEFAULT_TIMEOUTS, drainMs: 86_400_000, drainNoticeMs: 0 };
    const withTypes = { ...configured, types: [billing(legacy.url, 'http://127.0.0.1:10')], timeouts };
    await worker.ask(start({ configured: withTypes, draining: over.draining === true }));
    const client = new RawSocket(connect((server.address() as AddressInfo).port, '127.0.0.1'));
    worker.tell({ kind: 'connection', connection: 1 }, await accepted);
    client.send('GET /billing/x HTTP/1.1\r\nhost: test\r\n\r\n');
    return { worker, client };
  }

  /** Legacy has been asked, and answers when told to. */
  function held(): { readonly asked: Promise<void>; readonly release: () => void } {
    let release = () => {};
    const asked = new Promise<void>((resolve) => {
      legacy.answer((_, response) => {
        release = () => json(response, { by: 'slow' });
        resolve();
      });
    });
    return { asked, release: () => release() };
  }

  it('ends its idle connections when it is told to close while it retires', async () => {
    const { worker, client } = await connected();
    await client.until('{"by":"legacy"}');
    worker.tell({ kind: 'retire' });
    worker.tell({ kind: 'close' });
    worker.tell({ kind: 'retire' });
    await worker.ended;
    await client.closed;
    expect(client.wasReset).toBe(false);
  });

  it.each([[], ['retire'], ['close']] as const)(
    'ends what is in flight when the supervisor dies (told before: %s)',
    async (...told) => {
      const { asked, release } = held();
      const { worker, client } = await connected({ orphanDrainMs: 86_400_000 });
      await asked;
      for (const kind of told) if (kind !== undefined) worker.tell({ kind });
      let ended = false;
      worker.ended.then(() => {
        ended = true;
      });
      worker.orphan();
      for (let n = 0; n < 5; n += 1) await turn();
      expect(ended).toBe(false);
      release();
      await client.until('{"by":"slow"}');
      await worker.ended;
    },
  );

  it('waits no longer than it may for what is in flight when the supervisor dies', async () => {
    const { asked, release } = held();
    const { worker, client } = await connected({ orphanDrainMs: 1 });
    await asked;
    worker.orphan();
    await worker.ended;
    expect(client.received).toBe('');
    release();
    await client.closed;
  });

  it('says with every answer that it is the last, when it starts as the gateway stops', async () => {
    const { worker, client } = await connected({ draining: true });
    await client.until('{"by":"legacy"}');
    expect(client.received.toLowerCase()).toContain('connection: close');
    worker.tell({ kind: 'close' });
    await worker.ended;
  });
});
