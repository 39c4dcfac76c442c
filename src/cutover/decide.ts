import type { NamedEntity } from '../contract/calls.ts';
import type { Entity } from '../contract/entities.ts';
import { isV2Id } from '../contract/ids.ts';
import type { Plan, Why } from '../contract/plan.ts';
import type { Policy } from '../contract/policy.ts';
import type { TypeSpec } from '../contract/specs.ts';
import { otherSide, type Side, STAGES } from '../contract/stages.ts';
import type { Effect } from '../contract/wire.ts';
import type { AffinityKey } from './affinity.ts';
import { bucket, threshold } from './bucket.ts';

/** An entity that the call names, with what the store knows of it. */
export type KnownEntity = NamedEntity & { readonly entity: Entity | undefined };

export type DecideInput = {
  readonly policy: Policy;
  readonly mirror: TypeSpec['mirror'];
  readonly effect: Effect;
  readonly entities: readonly KnownEntity[];
  readonly affinity: AffinityKey | null;
};

/**
 * Who answers a call and who watches. Pure: the same input gives the same plan, which is what `explain`
 * relies on. The rules are asked in this order and the first that knows a side chooses it:
 * entity (owner, V2's marker, unknown) > rolled back > stage > affinity key's bucket.
 *
 * An entity comes before a rollback because its owner is where its state is: a rollback moves the owner of
 * every entity that can move, and what is left must go on being answered where it lives.
 */
export function decide(input: DecideInput): Plan {
  const why: Why[] = [];
  const primary = byEntity(input, why) ?? byRollback(input.policy, why) ?? byStage(input, why);
  return { stage: input.policy.stage, primary, candidate: candidateOf(input, primary), why };
}

function byEntity({ policy, entities }: DecideInput, why: Why[]): Side | null {
  for (const named of entities) {
    const side = sideOfEntity(named, policy, why);
    if (side !== null) return side;
  }
  return null;
}

function sideOfEntity({ kind, id, entity }: KnownEntity, policy: Policy, why: Why[]): Side | null {
  if (entity !== undefined) {
    const says = `${kind} ${id} is owned by ${entity.owner} (${entity.twin})`;
    why.push({ rule: 'entity', says, side: entity.owner });
    return entity.owner;
  }
  if (isV2Id(id)) {
    why.push({ rule: 'marker', says: `${kind} ${id} is not recorded, but bears V2's marker`, side: 'v2' });
    return 'v2';
  }
  // Everything that V2 creates is recorded before its id is told, so an unknown id is legacy's, unless
  // legacy has been retired.
  const side = policy.stage === 'done' ? null : 'legacy';
  why.push({ rule: 'unknown_id', says: `${kind} ${id} is not recorded and bears no marker of V2`, side });
  return side;
}

function byRollback({ rolledBack }: Policy, why: Why[]): Side | null {
  if (rolledBack === null) return null;
  why.push({ rule: 'rolled_back', says: `rolled back by ${rolledBack.by}: ${rolledBack.reason}`, side: 'legacy' });
  return 'legacy';
}

function byStage({ policy, affinity }: DecideInput, why: Why[]): Side {
  const { primary } = STAGES[policy.stage];
  const share = primary === 'share' ? `, share ${policy.sharePpm} ppm` : '';
  why.push({ rule: 'stage', says: `stage ${policy.stage}${share}`, side: primary === 'share' ? null : primary });
  return primary === 'share' ? byBucket(policy, affinity, why) : primary;
}

function byBucket(policy: Policy, affinity: AffinityKey | null, why: Why[]): Side {
  if (affinity === null) {
    why.push({ rule: 'affinity', says: 'the request has no affinity key, so it stays on legacy', side: 'legacy' });
    return 'legacy';
  }
  why.push({ rule: 'affinity', says: `affinity key from ${affinity.source}`, side: null });
  const drawn = bucket({ salt: `${policy.type}#g${policy.generation}`, ...affinity });
  const limit = threshold(policy.sharePpm);
  const side = drawn < limit ? 'v2' : 'legacy';
  why.push({ rule: 'bucket', says: `bucket ${drawn} ${drawn < limit ? '<' : '>='} ${limit}`, side });
  return side;
}

/** A type that is rolled back mirrors nothing: V2 is under suspicion, and legacy needs no more writes than its own. */
function candidateOf({ policy, mirror, effect }: DecideInput, primary: Side): Side | null {
  if (policy.rolledBack !== null || !STAGES[policy.stage].mirrored || mirror === 'none') return null;
  return mirror === 'reads' && effect === 'write' ? null : otherSide(primary);
}
