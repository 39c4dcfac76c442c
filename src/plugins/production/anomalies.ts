import { type AlertRule, alertRule } from './rules.ts';
import type { Context, Sample } from './state.ts';

/**
 * One rule for each watched metric, its threshold drawn from the samples before this one: mean plus three
 * standard deviations over at most fifty samples. It adapts while it stands: what lasts for fifty samples is
 * no anomaly any more.
 */
export function anomalyRules(context: Context): readonly AlertRule[] {
  const { state, config } = context;
  const { metrics, deviations, samplesMin } = config.anomalies;
  return metrics.flatMap((metric) => {
    const before = valuesOf(metric, state.samples);
    if (before.length < samplesMin) return [];
    const { mean, deviation } = spread(before);
    const rule = { id: `anomaly:${metric}`, metric, breach: 'above', severity: 'low' };
    const threshold = mean + deviations * deviation;
    const clearAt = mean + Math.max(0, deviations - 1) * deviation;
    return [alertRule.parse({ ...rule, says: `${metric} is far above its usual`, threshold, clearAt })];
  });
}

function valuesOf(metric: string, samples: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ values }) => values.get(metric) ?? []);
}

/** At least 5 % of the mean, so that a metric that hardly ever moves does not cry at every flutter. */
function spread(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, deviation: Math.max(Math.sqrt(variance), Math.abs(mean) * 0.05) };
}
