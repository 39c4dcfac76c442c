import { randomUUID } from 'node:crypto';
import type { RawHeaders } from '../contract/calls.ts';
import type { Plan } from '../contract/plan.ts';
import type { Policy } from '../contract/policy.ts';
import { type AffinityKey, affinityKey } from '../cutover/affinity.ts';
import { decide, type KnownEntity } from '../cutover/decide.ts';
import { readIds } from '../wire/ids.ts';
import type { RouteMatch } from '../wire/routes.ts';
import type { Target } from '../wire/target.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';

/** What of a request decides where it goes. */
export type Decisive = {
  readonly type: MigratedType;
  readonly route: RouteMatch;
  readonly target: Target;
  readonly headers: RawHeaders;
  readonly address: string | null;
  /** The parsed body, where an id stands in it. */
  readonly json: unknown;
};

export type PlannedCall = {
  readonly policy: Policy;
  readonly entities: readonly KnownEntity[];
  readonly affinity: AffinityKey | null;
  readonly plan: Plan;
};

/** Decides a call. The data port and `explain` both ask here, so that what is explained is what happens. */
export function planCall(parts: GatewayParts, decisive: Decisive): PlannedCall {
  const { type, route } = decisive;
  const policy = parts.policies.current(type.name);
  const entities = looksAtIds(parts, type, policy) ? entitiesOf(parts, decisive) : [];
  const affinity = affinityKey(type.affinity, {
    headers: decisive.headers,
    query: decisive.target.query,
    address: decisive.address,
    randomId: randomUUID,
  });
  const plan = decide({ policy, mirror: type.spec.mirror, effect: route.operation.effect, entities, affinity });
  return { policy, entities, affinity, plan };
}

/** At `off` everything is legacy's, except what V2 owns already. */
export function looksAtIds({ entities }: GatewayParts, type: MigratedType, policy: Policy): boolean {
  return policy.stage !== 'off' || entities.anyOnV2(type.name);
}

function entitiesOf(
  { entities }: GatewayParts,
  { type, route, target, headers, json }: Decisive,
): readonly KnownEntity[] {
  const { names } = type.placesOf(route.operation);
  if (names.length === 0) return [];
  return entities.known(type.name, readIds(names, { params: route.params, query: target.query, headers, json }));
}
