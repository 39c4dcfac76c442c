import { describe, expect, it } from 'vitest';
import { BUDGETS } from '../../../src/contract/plugins.ts';
import type { PeerMessage } from '../../../src/plugins/host/messages.ts';
import { loadMsMax, type Receiver, RemoteWorker } from '../../../src/plugins/host/remote-worker.ts';
import { failureOf, ManualStopwatch } from '../../kernel/hooks/support.ts';

const restart = { pauseMs: 10, pauseMsMax: 100, wellAfterMs: 60_000, restartsMax: 2 };
const turn = () => new Promise(setImmediate);

/** A worker whose event loop turns, but which answers only what `answers` says. */
function worker(answers: (verb: string) => boolean) {
  const stopwatch = new ManualStopwatch();
  const told: string[] = [];
  const workers: { readonly receiver: Receiver; closed: boolean }[] = [];
  const remote = new RemoteWorker({
    connect: (receiver) => {
      const one = { receiver, closed: false };
      workers.push(one);
      const post = (message: PeerMessage) => {
        if (message.kind !== 'call' || !answers(message.verb)) return;
        queueMicrotask(() => receiver.message({ kind: 'answer', id: message.id, body: null }));
      };
      return { open: async () => {}, post, close: () => void Object.assign(one, { closed: true }) };
    },
    serving: { call: () => null, note: () => {} },
    stopwatch,
    restart,
    told: (what) => told.push(what),
  });
  /** Lets time pass once the worker was asked for what it is asked for. */
  const pass = async (ms: number) => {
    await turn();
    stopwatch.advance(ms);
    await turn();
  };
  return { remote, told, workers, pass };
}

describe("a third-party plugin's worker", () => {
  it('whose module is never loaded is given up and closed', async () => {
    const { remote, workers, pass } = worker(() => false);
    const opened = failureOf(() => remote.open());
    await pass(loadMsMax);
    expect(await opened).toEqual({
      code: 'PLUGIN_FAILED',
      message: `its worker did not answer describe within ${loadMsMax} ms`,
    });
    expect(workers.map(({ closed }) => closed)).toEqual([true]);
  });

  it.each([
    ['describe', loadMsMax],
    ['initialize', BUDGETS.initializeMs],
  ])('that is started again and never answers %s has ended once more, and stays down in the end', async (verb, ms) => {
    let hangs = false;
    const { remote, told, workers, pass } = worker((asked) => !(hangs && asked === verb));
    await remote.open();
    await remote.initialize({});
    hangs = true;
    workers[0]?.receiver.gone('it crashed');
    for (const pauseMs of [10, 20]) {
      await pass(pauseMs);
      await pass(ms);
    }
    expect(told).toEqual([
      'its worker ended: it crashed; it is started again in 10 ms',
      `its worker ended: its worker did not answer ${verb} within ${ms} ms; it is started again in 20 ms`,
      `its worker ended too often and stays down: its worker did not answer ${verb} within ${ms} ms`,
    ]);
    expect(workers.map(({ closed }) => closed)).toEqual([true, true, true]);
  });

  it('that never gives its state is taken to have the last known one', async () => {
    let hangs = false;
    const { remote, told, pass } = worker(() => !hangs);
    await remote.open();
    await remote.initialize({});
    await remote.replaceState({ version: 1, state: { n: 1 } });
    hangs = true;
    const state = remote.fetchState(1);
    await pass(BUDGETS.fetchStateMs);
    expect(await state).toEqual({ n: 1 });
    expect(told).toEqual([
      `its state is the last known one: its worker did not answer fetch_state within ${BUDGETS.fetchStateMs} ms`,
    ]);
  });

  it('that is never disposed of is closed all the same', async () => {
    let hangs = false;
    const { remote, workers, pass } = worker(() => !hangs);
    await remote.open();
    await remote.initialize({});
    hangs = true;
    const disposed = failureOf(() => remote.dispose());
    await pass(BUDGETS.disposeMs);
    expect((await disposed).code).toBe('PLUGIN_FAILED');
    expect(workers.map(({ closed }) => closed)).toEqual([true]);
  });
});
