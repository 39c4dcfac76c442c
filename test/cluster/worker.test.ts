import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type FromWorker, PROTOCOL, type Question, type ToWorker } from '../../src/cluster/messages.ts';
import { runWorker } from '../../src/cluster/worker.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/contract/limits.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { billing } from '../support/gateway-rig.ts';

/** A worker in this process, and the supervisor's end of its channel. */
function startWorker() {
  const sent: FromWorker[] = [];
  const answers = new Map<number, (answer: Answer) => void>();
  let tell: (message: ToWorker) => void = () => {};
  let orphan = () => {};
  let last = 0;
  const ended = runWorker({
    send: (message) => {
      sent.push(message);
      if (message.kind === 'answer') answers.get(message.number)?.(message);
    },
    onMessage: (listener) => {
      tell = (message) => listener(message, undefined);
    },
    onEnd: (listener) => {
      orphan = listener;
    },
  });
  const ask = (question: Question) =>
    new Promise<Answer>((resolve) => {
      last += 1;
      answers.set(last, resolve);
      tell({ ...question, number: last });
    });
  return { sent, ended, ask, tell: (message: ToWorker) => tell(message), orphan: () => orphan() };
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
const start = (protocol = PROTOCOL): Question => ({
  kind: 'start',
  settings: { protocol, state: folder, configured, v2Host: null, onV2: [], logLevel: 'silent', otlp: null },
});

describe('a worker', () => {
  it('refuses to start under a supervisor of another version', async () => {
    const worker = startWorker();
    expect((await worker.ask(start(PROTOCOL + 1))).error).toMatchObject({ code: 'BAD_CONFIG' });
    worker.tell({ kind: 'close' });
    await worker.ended;
  });

  it('says why it cannot start', async () => {
    const worker = startWorker();
    const { settings } = start() as Question & { kind: 'start' };
    const answer = await worker.ask({ kind: 'start', settings: { ...settings, state: join(folder, 'nowhere') } });
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
    const refused = await worker.ask({ kind: 'prepare', configured: named('billing', 'type') });
    expect(refused.error).toMatchObject({ code: 'BAD_CONFIG' });
    await worker.ask({ kind: 'prepare', configured: named('other') });
    expect(await typesCounted()).toEqual(['billing']);
    worker.tell({ kind: 'discard' });
    await worker.ask({ kind: 'commit' });
    expect(await typesCounted()).toEqual(['billing']);
    await worker.ask({ kind: 'prepare', configured: named('other') });
    await worker.ask({ kind: 'commit' });
    expect(await typesCounted()).toEqual(['other']);
    worker.tell({ kind: 'close' });
    await worker.ended;
  });

  it('ends by itself when the supervisor is gone', async () => {
    const worker = startWorker();
    await worker.ask(start());
    worker.orphan();
    await worker.ended;
  });
});
