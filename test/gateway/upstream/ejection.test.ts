import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../../src/contract/limits.ts';
import type { CounterName } from '../../../src/gateway/counters.ts';
import { Place } from '../../../src/gateway/upstream/choice.ts';
import { FAILURES_MAX, outMax } from '../../../src/gateway/upstream/ejection.ts';
import type { Instance } from '../../../src/gateway/upstream/instance.ts';
import { Instances } from '../../../src/gateway/upstream/instances.ts';
import type { Failure } from '../../../src/gateway/upstream/leg-request.ts';

/** The instances of a side that are never asked: calls are placed, and told how they went. */
function side(count: number) {
  const clock = { nowMs: 0 };
  const counted: CounterName[] = [];
  const notices: Readonly<Record<string, unknown>>[] = [];
  const upstream = { instances: Array.from({ length: count }, (_, index) => `http://h${index}`), tls: null };
  const { all, choice } = new Instances(upstream, DEFAULT_LIMITS, DEFAULT_TIMEOUTS, {
    nowMs: () => clock.nowMs,
    count: (name) => counted.push(name),
    notice: (facts) => notices.push(facts),
  });
  return { all, choice, clock, counted, notices };
}

const REFUSED: Failure = { reason: 'refused', message: 'refused', sent: false, stale: false };
const failureOf = (over: Partial<Failure>): Failure => ({
  reason: 'reset',
  message: '',
  sent: true,
  stale: false,
  ...over,
});

function fail(place: Place, failure = REFUSED): void {
  place.failed(failure, false);
  place.leave();
}

function answer(place: Place, status = 200): void {
  place.answered(status);
  place.leave();
}

/** Fails the calls that come to an instance, answers the others, until it is out. */
function failUntilOut({ all, choice }: ReturnType<typeof side>, failing: number): void {
  for (let calls = 0; calls < 100 && all[failing]?.standing.state === 'in'; calls += 1) {
    const place = choice.place();
    if (place.instance === all[failing]) fail(place);
    else answer(place);
  }
}

const statesOf = (all: readonly Instance[]) => all.map(({ standing }) => standing.state);

describe('47: an instance that fails five times in a row', () => {
  it('gets no calls for 30 s, then one that tries it, then its share again', () => {
    const rig = side(2);
    const { all, choice, clock, counted, notices } = rig;
    failUntilOut(rig, 0);
    expect(statesOf(all)).toEqual(['out', 'in']);
    expect([counted, notices]).toEqual([['instances_ejected'], [{ instance: 'http://h0', outMs: 30_000 }]]);

    clock.nowMs = 29_999;
    const others = Array.from({ length: 20 }, () => choice.place());
    expect(new Set(others.map(({ instance }) => instance))).toEqual(new Set([all[1]]));
    clock.nowMs = 30_000;
    const trial = choice.place();
    expect([trial.instance, statesOf(all)]).toEqual([all[0], ['trial', 'in']]);
    expect(choice.place().instance).toBe(all[1]);
    answer(trial);
    expect(statesOf(all)).toEqual(['in', 'in']);
    expect(choice.place().instance).toBe(all[0]);
  });

  it('is left alone for twice as long each time it fails its trial, five minutes at most', () => {
    const rig = side(2);
    const { choice, clock, notices } = rig;
    failUntilOut(rig, 0);
    for (let trials = 0; trials < 5; trials += 1) {
      clock.nowMs += 300_000;
      fail(choice.place());
    }
    expect(notices.map(({ outMs }) => outMs)).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it.each([
    ['within the time that it had been out: for twice as long', 30_000, 60_000],
    ['later: for 30 s again', 30_001, 30_000],
  ])('and again, once back, %s', (_, afterMs, outMs) => {
    const rig = side(2);
    const { choice, clock, notices } = rig;
    failUntilOut(rig, 0);
    clock.nowMs = 30_000;
    answer(choice.place());
    clock.nowMs += afterMs;
    failUntilOut(rig, 0);
    expect(notices.at(-1)).toEqual({ instance: 'http://h0', outMs });
  });

  it.each<readonly [string, (place: Place) => void]>([
    ['the connection is refused', (place) => fail(place)],
    ['there is no connection in time', (place) => fail(place, failureOf({ reason: 'connect_timeout', sent: false }))],
    ['there is no answer in time', (place) => fail(place, failureOf({ reason: 'answer_timeout' }))],
    ['the connection is reset', (place) => fail(place, failureOf({ reason: 'reset' }))],
    ['the answer is no HTTP', (place) => fail(place, failureOf({ reason: 'malformed' }))],
    ['the answer is 502', (place) => answer(place, 502)],
    ['the answer is 503', (place) => answer(place, 503)],
    ['the answer is 504', (place) => answer(place, 504)],
  ])('fails when %s', (_, ends) => {
    const { all, choice } = side(2);
    for (let calls = 0; calls < 2 * FAILURES_MAX - 1; calls += 1) ends(choice.place());
    expect(statesOf(all)).toEqual(['out', 'in']);
  });

  it.each<readonly [string, (place: Place) => void]>([
    ['the client left', (place) => fail(place, failureOf({ reason: 'aborted' }))],
    ['the client broke its upload', (place) => place.failed(failureOf({ reason: 'reset' }), true)],
    ['a limit of ours was hit', (place) => fail(place, failureOf({ reason: 'overloaded', sent: false }))],
    ['a kept connection had gone stale', (place) => fail(place, failureOf({ stale: true }))],
    ['the request could not be written', (place) => fail(place, failureOf({ reason: 'malformed', sent: false }))],
  ])('does not fail, nor recover, when %s', (_, ends) => {
    const { all, choice } = side(2);
    for (let calls = 0; calls < 8; calls += 1) fail(choice.place());
    for (let calls = 0; calls < 20; calls += 1) ends(choice.place());
    expect(all.map(({ standing }) => standing)).toEqual([
      expect.objectContaining({ failuresInARow: 4 }),
      expect.objectContaining({ failuresInARow: 4 }),
    ]);
  });

  it.each([200, 404, 500, 501])('is not one that answers %d in between', (status) => {
    const { all, choice } = side(2);
    for (let calls = 0; calls < 8; calls += 1) fail(choice.place());
    for (let calls = 0; calls < 2; calls += 1) answer(choice.place(), status);
    for (let calls = 0; calls < 8; calls += 1) fail(choice.place());
    expect(statesOf(all)).toEqual(['in', 'in']);
  });

  it('is judged by the head of an answer: what comes after changes nothing', () => {
    const { all, choice } = side(2);
    for (let calls = 0; calls < 20; calls += 1) {
      const place = choice.place();
      place.answered(200);
      fail(place, failureOf({ reason: 'truncated' }));
    }
    expect(statesOf(all)).toEqual(['in', 'in']);
  });

  it('is not blamed again, once it is back, for calls from before', () => {
    const rig = side(2);
    const { all, choice, clock } = rig;
    const hanging = Array.from({ length: 20 }, () => choice.place()).filter(({ instance }) => instance === all[0]);
    for (const place of hanging.splice(0, 5)) fail(place);
    expect(statesOf(all)).toEqual(['out', 'in']);
    clock.nowMs = 30_000;
    const trial = choice.place();
    for (const place of hanging.splice(0, 2)) fail(place);
    expect(all[0]?.standing.state).toBe('trial');
    answer(trial);
    for (const place of hanging) fail(place);
    expect(all[0]?.standing).toMatchObject({ state: 'in', failuresInARow: 0 });
  });

  it('is tried by the next call when the one that tried it came to nothing', () => {
    const rig = side(2);
    const { all, choice, clock } = rig;
    failUntilOut(rig, 0);
    clock.nowMs = 30_000;
    fail(choice.place(), failureOf({ reason: 'aborted' }));
    expect(statesOf(all)).toEqual(['out', 'in']);
    expect(choice.place().instance).toBe(all[0]);
    expect(statesOf(all)).toEqual(['trial', 'in']);
  });

  it('stays when it is the only one, or another is out already', () => {
    const single = side(1);
    for (let calls = 0; calls < 50; calls += 1) fail(single.choice.place());
    expect([statesOf(single.all), single.counted]).toEqual([['in'], []]);

    const both = side(2);
    failUntilOut(both, 0);
    for (let calls = 0; calls < 7; calls += 1) fail(both.choice.place());
    expect([statesOf(both.all), both.counted]).toEqual([
      ['out', 'in'],
      ['instances_ejected', 'ejections_withheld'],
    ]);
  });

  it.each([
    [1, 0],
    [2, 1],
    [10, 1],
    [19, 1],
    [20, 2],
    [64, 6],
  ])('is, of %d instances, one of %d at most', (count, most) => {
    expect(outMax(count)).toBe(most);
    const rig = side(count);
    for (let calls = 0; calls < count * 2 * FAILURES_MAX; calls += 1) fail(rig.choice.place());
    expect(statesOf(rig.all).filter((state) => state !== 'in')).toHaveLength(most);
  });
});

describe('a call that took no connection', () => {
  it('goes to one instance more, whatever number there is', () => {
    const { choice, counted } = side(3);
    const first = choice.place();
    const second = choice.elsewhere([first], REFUSED);
    if (!(second instanceof Place)) throw new Error('it went nowhere');
    expect(second.instance).not.toBe(first.instance);
    // The third may be well.
    expect(choice.elsewhere([first, second], REFUSED)).toEqual(REFUSED);
    expect(counted).toEqual(['calls_failed_over']);
  });

  it('is told that there is none when the others refused too, or are out', () => {
    const two = side(2);
    const tried = [two.choice.place(), two.choice.place()];
    expect(two.choice.elsewhere(tried, REFUSED)).toMatchObject({ reason: 'unavailable', sent: false });

    const oneOut = side(2);
    failUntilOut(oneOut, 0);
    expect(oneOut.choice.elsewhere([oneOut.choice.place()], REFUSED)).toMatchObject({
      reason: 'unavailable',
      message: 'none of its 2 instances takes connections; the last one asked: refused',
    });
    expect(oneOut.counted).toContain('upstreams_unavailable');
  });

  it.each<readonly [string, Partial<Failure>]>([
    ['may have been seen', { reason: 'reset', sent: true }],
    ['had no answer in time', { reason: 'answer_timeout', sent: true }],
    ['was given up by the client', { reason: 'aborted', sent: false }],
    ['found no free connection', { reason: 'overloaded', sent: false }],
    ['cannot be written', { reason: 'malformed', sent: false }],
  ])('is not one that %s: that goes nowhere else', (_, over) => {
    const { choice } = side(3);
    const failure = failureOf(over);
    expect(choice.elsewhere([choice.place()], failure)).toBe(failure);
  });

  it('stays with the only instance of a side', () => {
    const { choice } = side(1);
    expect(choice.elsewhere([choice.place()], REFUSED)).toBe(REFUSED);
  });
});

describe('whatever calls come and however they end', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('fail' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120_000) }) },
    ),
    { maxLength: 400 },
  );

  it('an instance that is out gets none before its time, and never are more out than may be', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 21 }), steps, (count, todo) => {
        const { all, choice, clock } = side(count);
        const open: Place[] = [];
        const take = (which: number) => open.splice(which % Math.max(1, open.length), 1)[0];
        for (const step of todo) {
          if (step.do === 'wait') clock.nowMs += step.ms;
          else if (step.do === 'begin') open.push(placeAndCheck(all, choice, clock.nowMs));
          else {
            const place = take(step.which);
            if (place === undefined) continue;
            if (step.do === 'answer') answer(place);
            else fail(place, step.do === 'fail' ? REFUSED : failureOf({ reason: 'aborted' }));
          }
          expect(statesOf(all).filter((state) => state !== 'in').length).toBeLessThanOrEqual(outMax(count));
        }
        for (const place of open) place.leave();
        expect(all.map(({ underWay }) => underWay)).toEqual(all.map(() => 0));
      }),
    );
  });

  function placeAndCheck(all: readonly Instance[], choice: ReturnType<typeof side>['choice'], nowMs: number): Place {
    const before = all.map(({ standing, underWay }) => ({ standing, underWay }));
    const place = choice.place();
    const chosen = before[all.indexOf(place.instance)];
    const due = before.filter(({ standing }) => standing.state === 'out' && standing.untilMs <= nowMs);
    if (due.length > 0) {
      expect(due).toContain(chosen);
    } else {
      expect(chosen?.standing.state).toBe('in');
      const least = Math.min(
        ...before.flatMap(({ standing, underWay }) => (standing.state === 'in' ? [underWay] : [])),
      );
      expect(chosen?.underWay).toBe(least);
    }
    return place;
  }
});

it('equals take turns', () => {
  const { all, choice } = side(3);
  const asked = Array.from({ length: 9 }, () => {
    const place = choice.place();
    answer(place);
    return all.indexOf(place.instance);
  });
  expect(asked).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
});
