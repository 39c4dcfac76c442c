import { describe, expect, it } from 'vitest';
import { StateClock } from '../../shadow/state-clock.ts';

const agent = (id: string) => [{ kind: 'agent', id }];

describe('the state clock', () => {
  it('says that nothing moved between quiet reads', () => {
    const clock = new StateClock('type');
    const read = clock.begin('read', []);
    clock.begin('read', []);
    expect(clock.moved(read)).toBe(false);
  });

  it('says that state moved when a write was under way as the read began', () => {
    const clock = new StateClock('type');
    const write = clock.begin('write', []);
    const read = clock.begin('read', []);
    clock.end('write', write);
    expect(clock.moved(read)).toBe(true);
    expect(clock.moved(clock.begin('read', []))).toBe(false);
  });

  it('says that state moved when a write began, and even ended, after the read began', () => {
    const clock = new StateClock('type');
    const read = clock.begin('read', []);
    clock.end('write', clock.begin('write', []));
    expect(clock.moved(read)).toBe(true);
  });

  it('of entities lets writes of others pass, but a list sees every write', () => {
    const clock = new StateClock('entity');
    const mine = clock.begin('read', agent('a'));
    const list = clock.begin('read', []);
    const write = clock.begin('write', agent('b'));
    expect(clock.moved(mine)).toBe(false);
    expect(clock.moved(list)).toBe(true);
    clock.end('write', write);
    const touched = clock.begin('read', agent('b'));
    clock.begin('write', agent('b'));
    expect(clock.moved(touched)).toBe(true);
  });

  it('of types lets no write pass', () => {
    const clock = new StateClock('type');
    const read = clock.begin('read', agent('a'));
    clock.begin('write', agent('b'));
    expect(clock.moved(read)).toBe(true);
  });

  it('forgets old scopes on the safe side', () => {
    const clock = new StateClock('entity');
    const early = clock.begin('read', agent('a'));
    for (let n = 0; n < 10_002; n += 1) clock.end('write', clock.begin('write', agent(`other-${n}`)));
    expect(clock.moved(early)).toBe(true);
    expect(clock.moved(clock.begin('read', agent('a')))).toBe(false);
  });

  it('tells another process whether a write was under way at some time since', () => {
    let nowMs = 0;
    const clock = new StateClock('entity', () => nowMs);
    const scopes = (id: string) => [`agent:${id}`];
    const write = clock.begin('write', agent('a'));
    expect([clock.movedSince(scopes('a'), 100), clock.movedSince(scopes('b'), 0)]).toEqual([true, false]);
    nowMs = 50;
    clock.end('write', write);
    expect([40, 50, 51].map((sinceMs) => clock.movedSince(scopes('a'), sinceMs))).toEqual([true, true, false]);
    expect(clock.movedSince(['*'], 50)).toBe(true);
  });

  it('holds a write that names something against other writes of that alone, and one that names nothing against none', () => {
    const clock = new StateClock('entity');
    const scopes = (effect: 'read' | 'write', named: ReturnType<typeof agent>) =>
      clock.disputable(effect, clock.begin(effect, named));
    expect(scopes('write', agent('a'))).toEqual(['agent:a']);
    expect(scopes('write', [])).toEqual([]);
    expect(scopes('read', [])).toEqual(['*']);
  });
});
