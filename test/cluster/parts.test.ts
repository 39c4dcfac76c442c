import { describe, expect, it } from 'vitest';
import type { FromWorker } from '../../src/cluster/messages.ts';
import { Outbox } from '../../src/cluster/outbox.ts';
import { Questions } from '../../src/cluster/questions.ts';
import { RESTARTS_PER_MINUTE_MAX, RestartLimit } from '../../src/cluster/restart-limit.ts';
import { shareOf } from '../../src/cluster/shares.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/contract/limits.ts';
import { Counters } from '../../src/gateway/counters.ts';
import type { EntityChange } from '../../src/store/store.ts';
import { banyanHere } from '../support/programs.ts';

describe('questions to another process', () => {
  it('are answered by number, whatever the order', async () => {
    const questions = new Questions();
    const asked: number[] = [];
    const [first, second] = [1, 2].map(() => questions.ask((number) => asked.push(number), null));
    questions.answered({ kind: 'answer', number: asked[1] ?? 0, recorded: [null] });
    questions.answered({ kind: 'answer', number: asked[0] ?? 0, error: { code: 'BAD_CONFIG', message: 'no' } });
    expect((await second)?.recorded).toEqual([null]);
    await expect(first).rejects.toMatchObject({ code: 'BAD_CONFIG', message: 'no' });
  });

  it('are refused when no answer comes in time, and a late answer is nobody’s', async () => {
    const questions = new Questions();
    let number = 0;
    const late = questions.ask((given) => {
      number = given;
    }, 1);
    await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
    questions.answered({ kind: 'answer', number });
  });

  it('end with the other process, those to come as well', async () => {
    const questions = new Questions();
    const waiting = questions.ask(() => undefined, null);
    questions.end(new BanyanError('STORE_FAILED', 'gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(questions.ask(() => undefined, null)).rejects.toThrow('gone');
  });

  it('are bounded', async () => {
    const questions = new Questions();
    const waiting = Array.from({ length: 10_000 }, () => questions.ask(() => undefined, null));
    await expect(questions.ask(() => undefined, null)).rejects.toMatchObject({ code: 'OVERLOADED' });
    questions.end(new BanyanError('STORE_FAILED', 'gone'));
    expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
  });
});

describe('the restart limit', () => {
  it('waits twice as long each time that a worker dies young, up to five seconds', () => {
    const limit = new RestartLimit();
    const waits = [0, 1, 2, 3, 4, 5, 6, 7].map(() => limit.delayMs(0));
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect([limit.delayMs(60_000), limit.delayMs(0)]).toEqual([100, 100]);
  });

  it('allows no more starts than its number a minute, and says how long it holds the next one back', () => {
    const limit = new RestartLimit();
    for (let n = 0; n < RESTARTS_PER_MINUTE_MAX; n += 1) {
      expect([limit.allowed(n * 1000), limit.heldForMs(n * 1000)]).toEqual([RESTARTS_PER_MINUTE_MAX - n, 0]);
      limit.started(n * 1000);
    }
    expect([limit.allowed(20_000), limit.heldForMs(20_000)]).toEqual([0, 40_000]);
    expect([limit.allowed(60_000), limit.heldForMs(60_000)]).toEqual([1, 0]);
  });
});

it('a worker’s share of a limit is its part of what all hold together, rounded up; what bounds one thing stays', () => {
  const configured = { types: [], timeouts: DEFAULT_TIMEOUTS, trustedProxies: [] };
  const { limits } = shareOf({ ...configured, limits: { ...DEFAULT_LIMITS, upgradesMax: 7, mirrorQueueMax: 1 } }, 3);
  expect(limits).toEqual({
    ...DEFAULT_LIMITS,
    upgradesMax: 3,
    mirrorQueueMax: 1,
    mirrorInFlightMax: 22,
    mirrorQueueBytesMax: Math.ceil(DEFAULT_LIMITS.mirrorQueueBytesMax / 3),
    upstreamConnectionsMax: 86,
    upstreamQueueMax: 342,
  });
});

const NOTHING = { mirrors: {}, instances: {}, metrics: { schema: 1, metrics: [] } } as const;

describe('an outbox', () => {
  const entity = (id: string): EntityChange => {
    const ids = { legacy: null, v2: id };
    const entity = { type: 'demo', kind: 'agent', id, owner: 'v2', ids, twin: 'untwinned', createdAtMs: 1 } as const;
    return { change: 'created', entity };
  };
  const setUp = () => {
    const sent: FromWorker[] = [];
    let heard = () => {};
    const outbox = new Outbox((message) => {
      sent.push(message);
      heard();
    });
    const next = () =>
      new Promise<void>((resolve) => {
        heard = resolve;
      });
    return { sent, outbox, next };
  };

  it('sends the changes of a turn together, and each is durable or refused by itself', async () => {
    const { sent, outbox, next } = setUp();
    const told = next();
    const [one, two] = [outbox.writer.changeEntity(entity('a')), outbox.writer.changeEntity(entity('b'))];
    await told;
    expect(sent).toEqual([{ kind: 'changes', number: 1, changes: [entity('a'), entity('b')] }]);
    outbox.answered({ kind: 'answer', number: 1, recorded: [null, { code: 'STORE_FAILED', message: 'disk full' }] });
    await one;
    await expect(two).rejects.toMatchObject({ code: 'STORE_FAILED', message: 'disk full' });
  });

  it('refuses changes when too many wait, and all of them when the supervisor is gone', async () => {
    const { outbox } = setUp();
    const waiting = Array.from({ length: 10_000 }, (_, n) => outbox.writer.changeEntity(entity(`a${n}`)));
    await expect(outbox.writer.changeEntity(entity('b'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    outbox.end();
    expect((await Promise.allSettled(waiting)).every(({ status }) => status === 'rejected')).toBe(true);
    await expect(outbox.writer.changeEntity(entity('c'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('tells each count once', () => {
    const { sent, outbox } = setUp();
    const [counters, sum] = [new Counters(), new Counters()];
    counters.add('unmatched');
    outbox.count(counters, NOTHING);
    counters.add('unmatched');
    counters.add('client_aborts');
    outbox.count(counters, NOTHING);
    outbox.count(counters, NOTHING);
    for (const message of sent) if (message.kind === 'counted') sum.absorb(message.counted.counters);
    expect(sum.snapshot()).toEqual(counters.snapshot());
  });

  it('sends evidence in order, at once when there is much of it', () => {
    const { sent, outbox } = setUp();
    for (let n = 0; n < 200; n += 1) outbox.evidence('demo', n % 2 === 0);
    const [message] = sent;
    expect(message?.kind === 'evidence' && message.evidence.slice(0, 3)).toEqual([
      ['demo', true],
      ['demo', false],
      ['demo', true],
    ]);
  });
});

it.each(['0', '65', 'two', '-1', '1.5'])('--workers %s is refused', async (workers) => {
  const result = await banyanHere(['up', '--workers', workers]);
  expect([result.code, result.stderr.includes('from 1 to 64')]).toEqual([2, true]);
});
