import { recommendations } from './recommendations.ts';
import { lately } from './series.ts';
import type { Summary } from './shapes.ts';
import type { Context } from './state.ts';
import { endsLately } from './tasks.ts';

/** Attempts of the last hour below which the success rate tells nothing. */
const ATTEMPTS_MIN = 20;

/** How the last hour went. */
export function summarize(context: Context): Summary {
  const { state } = context;
  const lastRun = [...state.runs.values()].findLast(({ outcome }) => outcome.kind !== 'monitor');
  return {
    ...vitalsOf(context),
    regressions: [...state.regressions.values()],
    lastRun: lastRun === undefined ? null : { id: lastRun.id, passed: lastRun.passed },
    recommendations: recommendations(context),
  };
}

export type Vitals = Pick<Summary, 'atMs' | 'score' | 'state' | 'values'>;

/** What is cheap enough for every health report. */
export function vitalsOf(context: Context): Vitals {
  const values = valuesOf(context);
  const score = scoreOf(values, context);
  const state = score >= 0.8 ? 'healthy' : score >= 0.6 ? 'warning' : 'critical';
  return { atMs: context.now(), score, state, values };
}

type Values = Record<string, number>;

/** What was not measured is missing. */
function valuesOf(context: Context): Values {
  const { completed, failed } = endsLately(context);
  const attempts = completed + failed;
  const values = {
    queued: context.state.queued,
    completed_per_hour: completed,
    failed_per_hour: failed,
    success_rate: attempts < ATTEMPTS_MIN ? null : completed / attempts,
    delegate_p95_ms: lately('delegate_ms', 0.95, context),
    spawn_p95_ms: lately('spawn_ms', 0.95, context),
    queue_p95_ms: lately('queue_ms', 0.95, context),
    run_p50_ms: lately('run_ms', 0.5, context),
  };
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null));
}

/** The worst of its parts: each is 1 within its limit, and the limit over the figure beyond it. */
function scoreOf(values: Values, { config }: Context): number {
  const { responseMsMax, queuedMax, successRateMin } = config.limits;
  const within = (figure: number | undefined, most: number) =>
    Math.min(1, most / Math.max(figure ?? 0, Number.EPSILON));
  const success = successRateMin === 0 ? 1 : Math.min(1, (values.success_rate ?? 1) / successRateMin);
  return Math.min(success, within(values.delegate_p95_ms, responseMsMax), within(values.queued, queuedMax));
}
