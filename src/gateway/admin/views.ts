import { ERRORS } from '../../contract/errors.ts';
import type { Why } from '../../contract/plan.ts';
import type { Policy } from '../../contract/policy.ts';
import type { Side } from '../../contract/stages.ts';
import type { EntityCounts, Store, StoreCounters } from '../../store/store.ts';
import { parseJson } from '../../wire/ids.ts';
import { parseTarget } from '../../wire/target.ts';
import type { CounterName } from '../counters.ts';
import { findType } from '../match.ts';
import type { MigratedType, SideInstances } from '../migrated-type.ts';
import type { GatewayParts } from '../parts.ts';
import { planCall } from '../plan-call.ts';
import type { ConfigView } from './config.ts';

/** What the admin API answers. These shapes are the API: `schema` grows when one changes. */

export type StatusView = {
  readonly schema: 1;
  /** Base URL of the data port; `null` while it does not listen. */
  readonly data: string | null;
  readonly config: ConfigView;
  readonly types: readonly TypeView[];
  readonly counters: Readonly<Record<CounterName, number>>;
  readonly store: StoreCounters;
};

export type TypeView = {
  readonly type: string;
  readonly policy: Policy;
  /** The addresses of each side as one text. */
  readonly upstreams: Readonly<Record<Side, string | null>>;
  readonly instances: Readonly<Record<Side, SideInstances>>;
  readonly entities: EntityCounts;
  readonly calls: TypeTotals;
  readonly mirror: { readonly pending: number; readonly stale: number; readonly twinConflicts: number };
};

export type TypeTotals = {
  readonly answered: Readonly<Record<Side, number>>;
  readonly eligible: number;
  readonly compared: number;
  readonly matched: number;
  readonly notComparable: number;
  readonly dropped: number;
};

export type ExplainView = {
  readonly type: string | null;
  readonly operation: string | null;
  readonly effect: string | null;
  readonly primary: Side | null;
  readonly candidate: Side | null;
  readonly upstream: string | null;
  readonly why: readonly Why[];
  /** Set when the call would be refused. */
  readonly refused: { readonly code: string; readonly message: string; readonly hint: string } | null;
};

export function statusView(
  parts: GatewayParts,
  store: Store,
  { data, config }: Pick<StatusView, 'data' | 'config'>,
): StatusView {
  return {
    schema: 1,
    data,
    config,
    types: parts.types.map((type) => typeView(parts, store, type)),
    counters: parts.counters.snapshot(),
    store: store.counters(),
  };
}

export function typeView(parts: GatewayParts, store: Store, type: MigratedType): TypeView {
  const shadow = parts.shadowOf(type.name);
  const { staled, conflicts } = shadow.twins.counters();
  return {
    type: type.name,
    policy: parts.policies.current(type.name),
    upstreams: type.upstreams(),
    instances: type.instances(),
    entities: store.countEntities(type.name),
    calls: shadow.ledger.totals(),
    mirror: { pending: shadow.mirror.pending, stale: staled, twinConflicts: conflicts },
  };
}

export type ExplainRequest = {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly address?: string | undefined;
  readonly body?: string | undefined;
};

/** Where a call would go, without sending it. */
export function explainView(parts: GatewayParts, request: ExplainRequest): ExplainView {
  const target = parseTarget(request.target);
  if ('refused' in target) return refusedView('BAD_TARGET', `the request target is refused: ${target.refused}`);
  const headers = request.headers.flat();
  const type = findType(parts.types, headers, target);
  if (type === null) return refusedView('NO_TYPE', `no type claims ${request.method} ${target.path}`);
  const route = type.operationOf(request.method, target.path);
  const json = request.body === undefined ? undefined : parseJson(new TextEncoder().encode(request.body));
  const { plan } = planCall(parts, { type, route, target, headers, address: request.address ?? null, json });
  return {
    type: type.name,
    operation: route.operation.name,
    effect: route.operation.effect,
    primary: plan.primary,
    candidate: plan.candidate,
    upstream: type.upstreams()[plan.primary],
    why: plan.why,
    refused: null,
  };
}

function refusedView(code: keyof typeof ERRORS, message: string): ExplainView {
  const nothing = {
    type: null,
    operation: null,
    effect: null,
    primary: null,
    candidate: null,
    upstream: null,
    why: [],
  };
  return { ...nothing, refused: { code, message, hint: ERRORS[code].hint } };
}
