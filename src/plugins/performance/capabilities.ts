import { z } from 'zod';
import type { Capabilities } from '../../contract/plugins.ts';
import {
  baseline,
  benchmarksInput,
  emitInput,
  loadTestInput,
  metrics,
  metricsInput,
  monitorInput,
  optimization,
  recommendation,
  regressionInput,
  routing,
  run,
  saveBaselineInput,
  seenEvents,
  subscribeInput,
  summary,
  tracked,
  trackInput,
  typeSummary,
} from './shapes.ts';

const byId = z.strictObject({ id: z.string() });
const byName = z.strictObject({ name: z.string() });

export const capabilities = {
  metrics: { says: 'how each metric is distributed over the last day, or less', input: metricsInput, output: metrics },
  emitMetric: { says: 'records a metric, and tells the other plugins', input: emitInput, output: z.void() },
  taskSummary: {
    says: 'how tasks went, type by type; of an unknown type nothing',
    input: z.strictObject({ type: z.string().optional() }).optional(),
    output: z.array(typeSummary),
  },
  track: {
    says: 'does a piece of work and records how long it took; what it throws goes to the caller',
    input: trackInput,
    output: tracked,
  },
  routingAnalytics: { says: 'who was given tasks, and how they went', input: z.undefined(), output: routing },
  hookMetrics: { says: 'how often each hook was called', input: z.undefined(), output: seenEvents },
  summary: { says: 'the last hour in one score, and what is behind it', input: z.undefined(), output: summary },
  recommendations: {
    says: 'what could be better, with the figures that say so',
    input: z.undefined(),
    output: z.array(recommendation),
  },
  optimize: {
    says: 'does what this plugin itself can do about its recommendations',
    input: z.undefined(),
    output: optimization,
  },
  subscribe: {
    says: 'calls a function with each summary, every half-minute',
    input: subscribeInput,
    output: z.object({ id: z.string() }),
  },
  unsubscribe: { says: 'calls it no more; false: it was not known', input: byId, output: z.boolean() },
  runBenchmarks: { says: 'runs the benchmarks, and compares with a baseline', input: benchmarksInput, output: run },
  runRegression: { says: 'runs the benchmarks and says what became slower', input: regressionInput, output: run },
  loadTest: { says: 'loads the kernel in six phases, on rehearsal agents', input: loadTestInput, output: run },
  monitor: { says: 'takes samples for a while; answers at once', input: monitorInput, output: run },
  runStatus: { says: 'a run as it stands; null: it is not known', input: byId, output: run.nullable() },
  cancelRun: { says: 'ends a run; false: it is unknown or over', input: byId, output: z.boolean() },
  saveBaseline: { says: 'keeps a run, or what was measured live', input: saveBaselineInput, output: baseline },
  addBaseline: { says: 'keeps a baseline that was measured elsewhere', input: baseline, output: z.void() },
  baseline: {
    says: 'a baseline, to keep elsewhere; null: it is not known',
    input: byName,
    output: baseline.nullable(),
  },
  watchBaseline: {
    says: 'compares live figures with a baseline from now on; null ends it',
    input: z.strictObject({ name: z.string().nullable() }),
    output: z.void(),
  },
} as const satisfies Capabilities;
