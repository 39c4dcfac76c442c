import type { PluginContext } from '../../contract/plugins.ts';
import type { LimitsHit } from '../parts/bounded.ts';
import { type Histogram, newHistogram } from '../parts/histogram.ts';
import { newWindow, type Window } from '../parts/window.ts';
import type { PerformanceConfig } from './config.ts';
import type { Baseline, Comparison, Run } from './shapes.ts';

export const BOUNDS = {
  /** Names of metrics. */
  seriesMax: 64,
  /** Medians of half-minutes that are kept of a watched metric. */
  mediansMax: 240,
  typesMax: 200,
  agentsMax: 1_000,
  /** Agents by task type. */
  pairsMax: 5_000,
  baselinesMax: 50,
  runsMax: 50,
  monitorSamplesMax: 3_000,
  monitorsMax: 10,
  listenersMax: 100,
  waitersMax: 10_000,
} as const;

/** One metric. */
export type Series = {
  unit: string;
  /** A day, in halves of an hour. */
  readonly window: Window<Histogram>;
  /** The half-minute that runs. */
  running: Histogram;
  /** Medians of those that are over. */
  readonly medians: number[];
};

export type TypeStats = { completed: number; failed: number; readonly runMs: Histogram };
export type AgentStats = { delegated: number; completed: number; failed: number; runs: number; runMsSum: number };
/** One minute of all types together. */
export type Ends = { completed: number; failed: number };
/** One agent on one type: a mean that forgets slowly. */
export type PairStats = { runs: number; meanRunMs: number };

/** Looks at one live baseline. */
export type LiveWatch = {
  readonly baseline: string;
  /** The baseline's, as they were when the watch began. */
  readonly samples: Baseline['samples'];
  looks: number;
  /** Medians since the last look, by metric. */
  readonly fresh: Map<string, number[]>;
};

export type PerformanceState = {
  startedAtMs: number | null;
  sampledAtMs: number;
  readonly series: Map<string, Series>;
  readonly ends: Window<Ends>;
  readonly types: Map<string, TypeStats>;
  readonly agents: Map<string, AgentStats>;
  readonly pairs: Map<string, PairStats>;
  /** `null`: as the config says. */
  routing: 'off' | 'fastest' | null;
  readonly routed: { asked: number; chosen: number };
  /** Times that each hook was called. */
  readonly events: Map<string, number>;
  /** As it was told last. */
  queued: number;
  readonly baselines: Map<string, Baseline>;
  live: LiveWatch | null;
  /** What live looks found and still find. */
  readonly regressions: Map<string, Comparison>;
  readonly runs: Map<string, Run>;
  serial: number;
  readonly limitsHit: LimitsHit;
};

export const performanceState = {
  version: 1,
  initial: (): PerformanceState => ({
    startedAtMs: null,
    sampledAtMs: 0,
    series: new Map(),
    ends: newWindow(),
    types: new Map(),
    agents: new Map(),
    pairs: new Map(),
    routing: null,
    routed: { asked: 0, chosen: 0 },
    events: new Map(),
    queued: 0,
    baselines: new Map(),
    live: null,
    regressions: new Map(),
    runs: new Map(),
    serial: 0,
    limitsHit: new Map(),
  }),
};

export function newSeries(unit: string): Series {
  return { unit, window: newWindow(), running: newHistogram(), medians: [] };
}

export type Context = PluginContext<PerformanceState, PerformanceConfig>;
