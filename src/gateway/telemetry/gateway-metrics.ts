import { PPM_ALL } from '../../contract/policy.ts';
import { type Side, STAGE_NAMES } from '../../contract/stages.ts';
import type { Store, StoreCounters } from '../../store/store.ts';
import { ProcessMetrics } from '../../telemetry/metrics/process-metrics.ts';
import type { MetricPoints, MetricsSnapshot, Point } from '../../telemetry/metrics/snapshot.ts';
import type { Counters } from '../counters.ts';
import type { MigratedType } from '../migrated-type.ts';
import type { GatewayParts } from '../parts.ts';
import type { TypeShadow } from '../type-shadow.ts';
import type { Leg } from '../upstream/leg.ts';
import type { Telemetry } from './telemetry.ts';

/** Gathers the metrics of a gateway from whoever has them; nothing of it is kept up while nobody looks. */
export class GatewayMetrics {
  readonly #store: Pick<Store, 'counters'>;
  readonly #process = new ProcessMetrics();

  constructor(store: Pick<Store, 'counters'>) {
    this.#store = store;
  }

  /** @param connections open connections of clients */
  snapshot(parts: GatewayParts, connections: number): MetricsSnapshot {
    const { types, telemetry, counters, tunnels, policies, shadowOf } = parts;
    return {
      schema: 1,
      metrics: [
        ...telemetry.metrics.points(),
        { name: 'banyan.client.connections', points: [{ labels: [], value: connections }] },
        { name: 'banyan.client.websockets', points: [{ labels: [], value: tunnels.size }] },
        ...upstreamPoints(types),
        ...policyPoints(types, policies),
        ...shadowPoints(types.map(({ name }) => [name, shadowOf(name)])),
        ...eventPoints(counters, this.#store.counters()),
        ...spanPoints(telemetry),
        ...this.#process.points(),
      ],
    };
  }

  stop(): void {
    this.#process.stop();
  }
}

function upstreamPoints(types: readonly MigratedType[]): readonly MetricPoints[] {
  const legs = types.flatMap(({ name, primaryLegs, candidateLegs }) =>
    (['legacy', 'v2'] as const).flatMap((side: Side) => [
      { labels: [name, side, 'primary'], leg: primaryLegs[side] },
      { labels: [name, side, 'candidate'], leg: candidateLegs[side] },
    ]),
  );
  const points = (read: (leg: Leg) => number) => legs.map(({ labels, leg }) => ({ labels, value: read(leg) }));
  return [
    { name: 'banyan.upstream.pending', points: points(({ pending }) => pending) },
    { name: 'banyan.upstream.overloaded', points: points(({ overloaded }) => overloaded) },
  ];
}

function policyPoints(types: readonly MigratedType[], policies: GatewayParts['policies']): readonly MetricPoints[] {
  const all = types.map(({ name }) => policies.current(name));
  return [
    {
      name: 'banyan.policy.stage',
      points: all.flatMap(({ type, stage }) =>
        STAGE_NAMES.map((name) => ({ labels: [type, name], value: name === stage ? 1 : 0 })),
      ),
    },
    {
      name: 'banyan.policy.share',
      points: all.map(({ type, sharePpm }) => ({ labels: [type], value: sharePpm / PPM_ALL })),
    },
    {
      name: 'banyan.policy.rolled_back',
      points: all.map(({ type, rolledBack }) => ({ labels: [type], value: rolledBack === null ? 0 : 1 })),
    },
  ];
}

function shadowPoints(shadows: readonly (readonly [string, TypeShadow])[]): readonly MetricPoints[] {
  const rows = shadows.map(([type, { ledger, mirror, twins }]) => {
    const counts = twins.counters();
    return {
      type,
      totals: ledger.totals(),
      pending: mirror.pending,
      staled: counts.staled,
      conflicts: counts.conflicts,
    };
  });
  const each = (read: (row: (typeof rows)[number]) => number): readonly Point[] =>
    rows.map((row) => ({ labels: [row.type], value: read(row) }));
  return [
    { name: 'banyan.shadow.eligible', points: each(({ totals }) => totals.eligible) },
    {
      name: 'banyan.shadow.settled',
      points: rows.flatMap(({ type, totals }) => [
        { labels: [type, 'match'], value: totals.matched },
        { labels: [type, 'mismatch'], value: totals.compared - totals.matched },
        { labels: [type, 'not_comparable'], value: totals.notComparable },
        { labels: [type, 'dropped'], value: totals.dropped },
      ]),
    },
    { name: 'banyan.shadow.pending', points: each(({ pending }) => pending) },
    { name: 'banyan.shadow.staled_twins', points: each(({ staled }) => staled) },
    { name: 'banyan.shadow.twin_conflicts', points: each(({ conflicts }) => conflicts) },
  ];
}

function eventPoints(counters: Counters, store: StoreCounters): readonly MetricPoints[] {
  const ofStore = {
    commits: store.commits,
    writes: store.writes,
    failed_writes: store.failedWrites,
    refused_writes: store.refusedWrites,
  };
  return [
    { name: 'banyan.gateway.events', points: labelled(counters.snapshot()) },
    { name: 'banyan.store.events', points: labelled(ofStore) },
  ];
}

function spanPoints({ tracing }: Telemetry): readonly MetricPoints[] {
  return tracing === null ? [] : [{ name: 'banyan.spans', points: labelled(tracing.counts()) }];
}

function labelled(counts: object): readonly Point[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: [name], value: Number(value) }));
}
