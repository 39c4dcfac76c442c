import { addBounded } from '../parts/bounded.ts';
import { evaluateRules, healthOf, standingAlerts } from './alerts.ts';
import { healthMoved } from './availability.ts';
import { takeBackup } from './backups.ts';
import { measure } from './metrics.ts';
import { isScalingEnabled, scaleInBackground } from './scaler.ts';
import { BOUNDS, type Context } from './state.ts';

/** What the plugin does by itself. */
export function begin(context: Context): void {
  const { state, config, repeat, now } = context;
  state.startedAtMs ??= now();
  forgetLast(context);
  repeat(config.metricsEveryMs, () => sample(context));
  repeat(config.alertsEveryMs, async () => void evaluateRules(await measure(context), context));
  if (config.backups.enabled) repeat(config.backups.everyMs, async () => void (await takeBackup(context)));
}

/**
 * What another process of the kernel said of itself. This one begins healthy, and tells anew of the alerts that
 * stand.
 */
function forgetLast(context: Context): void {
  healthMoved('healthy', context);
  context.state.foreignAlerts.clear();
}

async function sample(context: Context): Promise<void> {
  addBounded(context.state.samples, await measure(context), BOUNDS.samplesMax);
  scaleInBackground(context);
}

/** Its part of the health report. */
export function section(context: Context) {
  const { state } = context;
  const bySeverity = Object.groupBy(standingAlerts(context), ({ severity }) => severity);
  const last = state.decisions.at(-1);
  return {
    health: healthOf(context).state,
    alerts: Object.fromEntries(Object.entries(bySeverity).map(([severity, alerts]) => [severity, alerts.length])),
    scaling: { enabled: isScalingEnabled(context), last: last === undefined ? null : { ...last } },
    backups: state.backups.length,
    lastSequence: state.sequences.at(-1)?.state ?? null,
    limitsHit: Object.fromEntries(state.limitsHit),
  };
}
