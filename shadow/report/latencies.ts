import { otherSide, type Side } from '../../src/contract/stages.ts';
import { Latency, type LatencySnapshot, mergeLatencies } from '../ledger/latency.ts';
import type { SideSnapshot } from '../ledger/snapshot.ts';
import type { Figures, LatencyShape, Quantiles, Slowdown } from './types.ts';

/** Bars of a shape. */
const BARS = 24;

/** The latencies of both sides, whatever role they had. */
export function latencyFigures(
  sides: readonly SideSnapshot[],
): Pick<Figures, 'latency' | 'firstByte' | 'slowdown' | 'shape'> {
  const totals = { legacy: merged(sides, 'legacy', 'totalMs'), v2: merged(sides, 'v2', 'totalMs') };
  const latency = { legacy: quantiles(totals.legacy), v2: quantiles(totals.v2) };
  return {
    latency,
    firstByte: {
      legacy: quantiles(merged(sides, 'legacy', 'firstByteMs')),
      v2: quantiles(merged(sides, 'v2', 'firstByteMs')),
    },
    slowdown: slowdown(latency.legacy, latency.v2),
    shape: shape(totals),
  };
}

function merged(sides: readonly SideSnapshot[], side: Side, which: 'totalMs' | 'firstByteMs'): LatencySnapshot {
  const parts = sides.filter((one) => one.side === side).map((one) => one[which]);
  return parts.reduce(mergeLatencies, new Latency().snapshot());
}

function quantiles(snapshot: LatencySnapshot): Quantiles {
  const latency = Latency.restore(snapshot);
  return { p50Ms: latency.quantile(0.5), p90Ms: latency.quantile(0.9), p99Ms: latency.quantile(0.99) };
}

function slowdown(legacy: Quantiles, v2: Quantiles): Slowdown {
  const ratio = (before: number | null, after: number | null) =>
    before === null || after === null || before === 0 ? null : after / before;
  return {
    p50: ratio(legacy.p50Ms, v2.p50Ms),
    p90: ratio(legacy.p90Ms, v2.p90Ms),
    p99: ratio(legacy.p99Ms, v2.p99Ms),
  };
}

function shape(totals: Readonly<Record<Side, LatencySnapshot>>): LatencyShape | null {
  const all = mergeLatencies(totals.legacy, totals.v2);
  const keys = all.bins.filter((_, index) => index % 2 === 0);
  const [first, last] = [keys[0], keys.at(-1)];
  if (first === undefined || last === undefined || all.minMs === null || all.maxMs === null) return null;
  // Bins are logarithmic already, so that neighbouring bins only need to be put together.
  const counts = (side: Side) => rebin(totals[side].bins, first, Math.max(1, last - first + 1));
  return { fromMs: all.minMs, toMs: all.maxMs, counts: { legacy: counts('legacy'), v2: counts(otherSide('legacy')) } };
}

function rebin(bins: readonly number[], first: number, width: number): readonly number[] {
  const bars = new Array<number>(BARS).fill(0);
  for (let index = 0; index < bins.length; index += 2) {
    const bar = Math.trunc((((bins[index] ?? first) - first) * BARS) / width);
    bars[bar] = (bars[bar] ?? 0) + (bins[index + 1] ?? 0);
  }
  return bars;
}
