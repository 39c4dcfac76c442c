import { beforeEach, describe, expect, it } from 'vitest';
import { Mirror, type MirrorJob, type MirrorPorts, type Settlement } from '../../shadow/mirror.ts';
import { Twins } from '../../shadow/twins.ts';
import type { NamedEntity, Observation } from '../../src/contract/calls.ts';
import type { Entity } from '../../src/contract/entities.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/contract/limits.ts';
import type { Side } from '../../src/contract/stages.ts';
import { translationTo } from '../../src/cutover/entities.ts';
import { afterChange } from '../../src/store/entity-changes.ts';
import type { Store } from '../../src/store/store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const answer = (side: Side, body = 'x', status = 200): Observation => ({
  side,
  outcome: { kind: 'answer', status, headers: [], body: bytes(body) },
  firstByteMs: 1,
  totalMs: 1,
});
const failure = (side: Side): Observation => ({
  side,
  outcome: { kind: 'failure', reason: 'refused', message: '' },
  firstByteMs: null,
  totalMs: 1,
});

/** The one entity table that the tests need, without a disk. */
function entityTable() {
  const entities = new Map<string, Entity>();
  const findEntity: Store['findEntity'] = ({ by, id }) =>
    [...entities.values()].find((entity) => (by === 'client' ? entity.id : entity.ids[by]) === id);
  const changeEntity: Store['changeEntity'] = async (change) => {
    const entity = afterChange({ find: findEntity, isRolledBack: () => false }, change);
    if (entity !== null) entities.set(entity.id, entity);
  };
  return { findEntity, changeEntity } as Store;
}

function setUp(over: Partial<MirrorPorts> = {}, limits: Partial<Limits> = {}, order: 'entity' | 'type' = 'entity') {
  const store = entityTable();
  const settlements: Settlement[] = [];
  const sent: string[] = [];
  const twins = new Twins({ store, type: 'demo', kinds: ['agent'], onStoreError: () => undefined, nowMs: () => 1 });
  const known = (named: readonly NamedEntity[]) =>
    named.map(({ kind, id }) => ({ kind, id, entity: store.findEntity({ type: 'demo', kind, by: 'client', id }) }));
  const ports: MirrorPorts = {
    send: async (side, call) => {
      sent.push(call.target);
      return answer(side);
    },
    reach: (side, named) => {
      const translation = translationTo(side, known(named));
      if (translation === null) return { kind: 'absent' };
      if (known(named).some(({ entity }) => entity?.twin === 'stale')) return { kind: 'stale' };
      return { kind: 'reachable', translation, recorded: known(named).every(({ entity }) => entity !== undefined) };
    },
    others: null,
    mirrorsTo: () => true,
    createdBy: () => [],
    compare: (primary, candidate) => {
      const same = JSON.stringify(primary.outcome) === JSON.stringify(candidate.outcome);
      return { verdict: same ? 'match' : 'mismatch', reason: null, differences: [], differencesTotal: same ? 0 : 1 };
    },
    settled: (_job, settlement) => settlements.push(settlement),
    defect: () => undefined,
    nowMs: () => 0,
    ...over,
  };
  const mirror = new Mirror({ ports, limits: { ...DEFAULT_LIMITS, ...limits }, order, twins });
  const job = (given: Partial<MirrorJob['call']> & { created?: readonly NamedEntity[] } = {}): MirrorJob => {
    const { created = [], ...call } = given;
    const effect = call.effect ?? 'write';
    const entities = call.entities ?? [];
    return {
      call: {
        type: 'demo',
        operation: 'op',
        effect,
        method: 'POST',
        target: '/x',
        headers: [],
        body: bytes(''),
        entities,
        ...call,
      },
      candidate: 'v2',
      primary: answer('legacy'),
      created,
      begun: mirror.begin(effect, entities),
    };
  };
  return { mirror, job, settlements, sent, store };
}

const agent = (id: string, over: Partial<Entity> = {}): Entity => ({
  type: 'demo',
  kind: 'agent',
  id,
  owner: 'legacy',
  ids: { legacy: id, v2: null },
  twin: 'untwinned',
  createdAtMs: 0,
  ...over,
});
const reasons = (settlements: readonly Settlement[]) =>
  settlements.map((settlement) => (settlement.kind === 'compared' ? settlement.comparison.verdict : settlement.reason));

describe('the mirror', () => {
  let rig: ReturnType<typeof setUp>;
  beforeEach(() => {
    rig = setUp();
  });

  it('sends a copy and compares the answers', async () => {
    rig.mirror.offer(rig.job());
    await rig.mirror.idle();
    expect(rig.sent).toEqual(['/x']);
    expect(reasons(rig.settlements)).toEqual(['match']);
  });

  it('learns the twin of what was created, and asks for it by its own id', async () => {
    const translations: unknown[] = [];
    rig = setUp({
      createdBy: () => [{ kind: 'agent', id: 'v2-1' }],
      send: async (side, _call, translation) => {
        translations.push([...translation]);
        return answer(side);
      },
    });
    await rig.store.changeEntity({ change: 'created', entity: agent('legacy-1') });
    rig.mirror.offer(rig.job({ created: [{ kind: 'agent', id: 'legacy-1' }] }));
    rig.mirror.offer(rig.job({ entities: [{ kind: 'agent', id: 'legacy-1' }] }));
    await rig.mirror.idle();
    expect(rig.store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: 'legacy-1' })).toMatchObject({
      ids: { legacy: 'legacy-1', v2: 'v2-1' },
      twin: 'in_sync',
    });
    expect(translations).toEqual([[], [['legacy-1', 'v2-1']]]);
  });

  it('does not blame the candidate for a difference that a write of another process may explain', async () => {
    const asked: (readonly string[])[] = [];
    const others = {
      awaitTwins: async () => undefined,
      moved: async (scopes: readonly string[]) => asked.push(scopes) === 1,
    };
    rig = setUp({ others, send: async (side) => answer(side, 'other') });
    for (let n = 0; n < 2; n += 1) rig.mirror.offer(rig.job({ effect: 'read' }));
    await rig.mirror.idle();
    expect([reasons(rig.settlements), asked]).toEqual([
      ['state_moved', 'mismatch'],
      [['*'], ['*']],
    ]);
  });

  it('does not trust a twin that comes after a write it missed, which another process may have seen first', async () => {
    rig = setUp({ createdBy: () => [{ kind: 'agent', id: 'v2-7' }] });
    await rig.store.changeEntity({ change: 'created', entity: agent('legacy-7') });
    const create = rig.job({ created: [{ kind: 'agent', id: 'legacy-7' }] });
    rig.mirror.offer(rig.job({ effect: 'write', entities: [{ kind: 'agent', id: 'legacy-7' }] }));
    await rig.mirror.idle();
    rig.mirror.offer(create);
    await rig.mirror.idle();
    expect(rig.store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: 'legacy-7' })).toMatchObject({
      ids: { v2: 'v2-7' },
      twin: 'stale',
    });
  });

  it('does not ask the candidate for what it does not have', async () => {
    await rig.store.changeEntity({ change: 'created', entity: agent('alone') });
    rig.mirror.offer(rig.job({ entities: [{ kind: 'agent', id: 'alone' }] }));
    await rig.mirror.idle();
    expect([rig.sent, reasons(rig.settlements)]).toEqual([[], ['no_twin']]);
  });

  it('does not blame the candidate for an entity from before the mirror began', async () => {
    rig = setUp({ send: async (side) => answer(side, 'unknown') });
    const entities = [{ kind: 'agent', id: 'from-before' }];
    rig.mirror.offer(rig.job({ entities }));
    rig.mirror.offer({ ...rig.job({ entities }), primary: answer('legacy', 'unknown') });
    await rig.mirror.idle();
    expect(reasons(rig.settlements)).toEqual(['no_twin', 'match']);
  });

  it.each([
    ['differs', async (side: Side) => answer(side, 'other'), 'mismatch'],
    ['fails', async (side: Side) => failure(side), 'mismatch'],
  ])('makes the twin stale when a mirrored write %s, and then leaves it alone', async (_how, send, verdict) => {
    rig = setUp({ send });
    await rig.store.changeEntity({
      change: 'created',
      entity: agent('a', { ids: { legacy: 'a', v2: 'b' }, twin: 'in_sync' }),
    });
    const entities = [{ kind: 'agent', id: 'a' }];
    rig.mirror.offer(rig.job({ entities }));
    rig.mirror.offer(rig.job({ entities }));
    await rig.mirror.idle();
    expect(rig.store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: 'a' })?.twin).toBe('stale');
    expect(reasons(rig.settlements)).toEqual([verdict, 'stale_twin']);
  });

  it('does not blame a read for a write that was under way', async () => {
    rig = setUp({ send: async (side) => answer(side, 'other') });
    const write = rig.job();
    const read = rig.job({ effect: 'read' });
    rig.mirror.abandon(write.call, write.begun, []);
    rig.mirror.offer(read);
    rig.mirror.offer(rig.job({ effect: 'read' }));
    await rig.mirror.idle();
    expect(reasons(rig.settlements)).toEqual(['state_moved', 'mismatch']);
  });

  it('blames a candidate that gives no answer to a read, also while writes are under way', async () => {
    rig = setUp({ send: async (side) => failure(side) });
    rig.job();
    rig.mirror.offer(rig.job({ effect: 'read' }));
    await rig.mirror.idle();
    expect(reasons(rig.settlements)).toEqual(['mismatch']);
  });

  it('does not trust twins after a write that could not be compared', async () => {
    const compare: MirrorPorts['compare'] = () => ({
      verdict: 'not_comparable',
      reason: 'candidate_too_large',
      differences: [],
      differencesTotal: 0,
    });
    rig = setUp({ compare });
    await rig.store.changeEntity({
      change: 'created',
      entity: agent('a', { ids: { legacy: 'a', v2: 'b' }, twin: 'in_sync' }),
    });
    rig.mirror.offer(rig.job({ entities: [{ kind: 'agent', id: 'a' }] }));
    await rig.mirror.idle();
    expect(rig.store.findEntity({ type: 'demo', kind: 'agent', by: 'client', id: 'a' })?.twin).toBe('stale');
  });

  it('drops what its queue cannot hold, by number and by bytes, and says so', async () => {
    const { promise, resolve } = Promise.withResolvers<Observation>();
    rig = setUp({ send: () => promise }, { mirrorQueueMax: 2, mirrorQueueBytesMax: 100, mirrorInFlightMax: 1 });
    rig.mirror.offer(rig.job());
    rig.mirror.offer(rig.job({ body: bytes('y'.repeat(101)) }));
    rig.mirror.offer(rig.job({ body: null }));
    rig.mirror.offer(rig.job());
    rig.mirror.offer(rig.job());
    expect(reasons(rig.settlements)).toEqual(['queue_full', 'body_too_large', 'queue_full']);
    resolve(answer('v2'));
    await rig.mirror.idle();
    expect(rig.settlements).toHaveLength(5);
  });

  it('leaves a candidate alone that fails again and again', async () => {
    rig = setUp({ send: async (side) => failure(side) });
    for (let n = 0; n < 7; n += 1) {
      rig.mirror.offer(rig.job());
      await rig.mirror.idle();
    }
    expect(reasons(rig.settlements)).toEqual([...Array(5).fill('mismatch'), 'breaker_open', 'breaker_open']);
  });

  it('leaves a candidate alone whose answers have no end where the primary was short', async () => {
    const endless = (side: Side): Observation => {
      const observation = answer(side);
      return { ...observation, outcome: { kind: 'answer', status: 200, headers: [], body: null } };
    };
    rig = setUp({ send: async (side) => endless(side) });
    for (let n = 0; n < 6; n += 1) {
      rig.mirror.offer(rig.job());
      await rig.mirror.idle();
    }
    expect(reasons(rig.settlements).at(-1)).toBe('breaker_open');
    rig = setUp({ send: async (side) => endless(side) });
    for (let n = 0; n < 6; n += 1) {
      rig.mirror.offer({ ...rig.job(), primary: endless('legacy') });
      await rig.mirror.idle();
    }
    expect(reasons(rig.settlements)).not.toContain('breaker_open');
  });

  it('does not send a read whose answer is longer than a comparison keeps', async () => {
    const long: Observation = {
      ...answer('legacy'),
      outcome: { kind: 'answer', status: 200, headers: [], body: null },
    };
    rig.mirror.offer({ ...rig.job({ effect: 'read' }), primary: long });
    await rig.mirror.idle();
    expect([rig.sent, reasons(rig.settlements)]).toEqual([[], ['primary_too_large']]);
  });

  it('survives a defect of its own, counts it, and goes on', async () => {
    const defects: unknown[] = [];
    const broken = () => {
      throw new Error('defect');
    };
    rig = setUp({ send: broken, defect: (error) => defects.push(error) });
    rig.mirror.offer(rig.job());
    rig.mirror.offer(rig.job());
    await rig.mirror.idle();
    expect(reasons(rig.settlements)).toEqual(['defect', 'defect']);
    expect(defects).toHaveLength(2);
  });

  it('drops copies to V2 that a rollback overtook, but not those to legacy', async () => {
    rig = setUp({ mirrorsTo: (side) => side === 'legacy' });
    rig.mirror.offer(rig.job());
    rig.mirror.offer({ ...rig.job(), candidate: 'legacy', primary: answer('v2') });
    await rig.mirror.idle();
    expect(reasons(rig.settlements)).toEqual(['policy_moved', 'match']);
  });

  it('drops what waits when it stops, and ends what was sent', async () => {
    const { promise, resolve } = Promise.withResolvers<Observation>();
    rig = setUp({ send: () => promise }, { mirrorInFlightMax: 1 });
    rig.mirror.offer(rig.job());
    rig.mirror.offer(rig.job());
    const stopped = rig.mirror.stop();
    rig.mirror.offer(rig.job());
    resolve(answer('v2'));
    await stopped;
    expect(reasons(rig.settlements)).toEqual(['shutdown', 'match', 'shutdown']);
  });
});
