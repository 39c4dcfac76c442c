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
import type { MirrorView } from '../type-shadow.ts';
import type { ConfigView } from './config.ts';
import type { WorkersPort, WorkersView } from './workers.ts';

/** What the admin API answers. These shapes are the API: `schema` grows when one changes. */

export type StatusView = {
  readonly schema: 1;
  /** Base URL of the data port; `null` while it does not listen. */
  readonly data: string | null;
  readonly config: ConfigView;
  readonly types: readonly TypeView[];
  readonly counters: Readonly<Record<CounterName, number>>;
  readonly store: StoreCounters;
  /** `null`: the gateway is one process. */
  readonly workers: WorkersView | null;
};

export type TypeView = {
  readonly type: string;
  readonly policy: Policy;
  /** The addresses of each side as one text. */
  readonly upstreams: Readonly<Record<Side, string | null>>;
  readonly instances: Readonly<Record<Side, SideInstances>>;
  readonly entities: EntityCounts;
  readonly calls: TypeTotals;
  readonly mirror: MirrorView;
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

/** What is shown beside the parts themselves. */
export type Shown = Pick<StatusView, 'data' | 'config'> & {
  readonly store: Store;
  readonly workers: WorkersPort | null;
};

export function statusView(parts: GatewayParts, { data, store, config, workers }: Shown): StatusView {
  return {
    schema: 1,
    data,
    config,
    types: parts.types.map((type) => typeView(parts, { store, workers }, type)),
    counters: parts.counters.snapshot(),
    store: store.counters(),
    workers: workers?.view() ?? null,
  };
}

export function typeView(
  parts: GatewayParts,
  { store, workers }: Pick<Shown, 'store' | 'workers'>,
  type: MigratedType,
): TypeView {
  const shadow = parts.shadowOf(type.name);
  return {
    type: type.name,
    policy: parts.policies.current(type.name),
    upstreams: type.upstreams(),
    instances: workers?.instances(type.name) ?? type.instances(),
    entities: store.countEntities(type.name),
    calls: shadow.ledger.totals(),
    // Of several processes, this one mirrors nothing itself.
    mirror: workers?.mirror(type.name) ?? shadow.view(),
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
