import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entity } from '../../src/contract/entities.ts';
import { newV2Id } from '../../src/contract/ids.ts';
import { initialPolicy, type Policy } from '../../src/contract/policy.ts';
import { STAGE_NAMES } from '../../src/contract/stages.ts';
import { type DecideInput, decide } from '../../src/cutover/decide.ts';

const policy = (over: Partial<Policy> = {}): Policy => ({ ...initialPolicy('demo'), ...over });
const rolledBack = { by: 'guard', reason: 'broken', atMs: 1 };
const caller = (unitId: string) => ({ unitKind: 'caller', unitId, source: 'header:x-caller-id' }) as const;
const input = (over: Partial<DecideInput> = {}): DecideInput => ({
  policy: policy(),
  mirror: 'all',
  effect: 'write',
  entities: [],
  affinity: caller('c1'),
  ...over,
});
const agent = (owner: 'legacy' | 'v2'): Entity => ({
  type: 'demo',
  kind: 'agent',
  id: 'a',
  owner,
  ids: { legacy: 'a', v2: 'b' },
  twin: 'in_sync',
  createdAtMs: 1,
});
const named = (entity: Entity | undefined, id = 'a') => [{ kind: 'agent', id, entity }];

describe('a call that names no entity', () => {
  it.each([
    ['off', 'legacy', null],
    ['shadow', 'legacy', 'v2'],
    ['live', 'v2', 'legacy'],
    ['done', 'v2', null],
  ] as const)('at %s is answered by %s and watched by %s', (stage, primary, candidate) => {
    expect(decide(input({ policy: policy({ stage }) }))).toMatchObject({ primary, candidate });
  });

  it('at ramp goes where its bucket says, the other side watching', () => {
    const plan = (sharePpm: number) => decide(input({ policy: policy({ stage: 'ramp', sharePpm }) }));
    expect(plan(1_000_000)).toMatchObject({ primary: 'v2', candidate: 'legacy' });
    expect(plan(0)).toMatchObject({ primary: 'legacy', candidate: 'v2' });
  });

  it('at ramp without an affinity key stays on legacy', () => {
    const plan = decide(input({ policy: policy({ stage: 'ramp', sharePpm: 1_000_000 }), affinity: null }));
    expect(plan).toMatchObject({ primary: 'legacy', candidate: 'v2' });
    expect(plan.why.map(({ rule }) => rule)).toEqual(['stage', 'affinity']);
  });

  it('of a type that is rolled back goes to legacy alone, at every stage', () => {
    for (const stage of STAGE_NAMES) {
      const plan = decide(input({ policy: policy({ stage, sharePpm: 1_000_000, rolledBack }) }));
      expect(plan).toMatchObject({ primary: 'legacy', candidate: null });
    }
  });

  it('is mirrored as the type says', () => {
    const plan = (mirror: DecideInput['mirror'], effect: DecideInput['effect']) =>
      decide(input({ policy: policy({ stage: 'shadow' }), mirror, effect })).candidate;
    expect([plan('all', 'write'), plan('reads', 'read'), plan('reads', 'write'), plan('none', 'read')]).toEqual([
      'v2',
      'v2',
      null,
      null,
    ]);
  });
});

describe('a call that names an entity', () => {
  it('goes to its owner, whatever the stage, the share or a rollback say', () => {
    for (const stage of STAGE_NAMES) {
      for (const owner of ['legacy', 'v2'] as const) {
        for (const flag of [null, rolledBack]) {
          const plan = decide(input({ policy: policy({ stage, rolledBack: flag }), entities: named(agent(owner)) }));
          expect(plan.primary).toBe(owner);
        }
      }
    }
  });

  it('nobody recorded goes to V2 when the id bears its marker', () => {
    const plan = decide(input({ entities: named(undefined, newV2Id()) }));
    expect(plan).toMatchObject({ primary: 'v2' });
    expect(plan.why[0]).toMatchObject({ rule: 'marker' });
  });

  it('nobody recorded goes to legacy, until legacy is retired', () => {
    for (const stage of STAGE_NAMES) {
      const plan = decide(input({ policy: policy({ stage, sharePpm: 1_000_000 }), entities: named(undefined, 'x') }));
      expect(plan.primary).toBe(stage === 'done' ? 'v2' : 'legacy');
    }
  });
});

it('the plan depends on its input alone, and says why the primary was chosen', () => {
  const anyInput = fc.record({
    policy: fc.record({
      stage: fc.constantFrom(...STAGE_NAMES),
      sharePpm: fc.nat(1_000_000),
      rolledBack: fc.constantFrom(null, rolledBack),
    }),
    entity: fc.constantFrom(undefined, agent('legacy'), agent('v2')),
    names: fc.boolean(),
    unitId: fc.option(fc.string()),
    mirror: fc.constantFrom('all' as const, 'reads' as const, 'none' as const),
  });
  fc.assert(
    fc.property(anyInput, ({ policy: over, entity, names, unitId, mirror }) => {
      const given = input({
        policy: policy(over),
        mirror,
        entities: names ? named(entity) : [],
        affinity: unitId === null ? null : caller(unitId),
      });
      const plan = decide(given);
      expect(decide(given)).toEqual(plan);
      expect(plan.why.at(-1)?.side).toBe(plan.primary);
      expect(plan.candidate).not.toBe(plan.primary);
    }),
  );
});
