import { downtimeMs } from './availability.ts';
import type { ProductionConfig } from './config.ts';
import { type AlertRule, alertRule } from './rules.ts';
import type { SlaStatus } from './shapes.ts';
import type { Context, Sample } from './state.ts';

type Target = Omit<SlaStatus['targets'][number], 'actual' | 'met'>;

/** The targets as the config sets them. */
function targetsOf({ sla }: ProductionConfig): readonly Target[] {
  const atLeast = (value: number) => ({ bound: 'at_least', value, unit: 'percent' }) as const;
  const atMost = (value: number, unit: 'percent' | 'ms') => ({ bound: 'at_most', value, unit }) as const;
  return [
    { name: 'availability', metric: 'availability_percent', wanted: atLeast(sla.availabilityPercentMin) },
    { name: 'response_p95', metric: 'response_p95_ms', wanted: atMost(sla.responseP95MsMax, 'ms') },
    { name: 'error_rate', metric: 'error_percent', wanted: atMost(sla.errorPercentMax, 'percent') },
    { name: 'completion_rate', metric: 'completion_percent', wanted: atLeast(sla.completionPercentMin) },
  ];
}

/** How the kernel does against its targets. */
export function slaStatusOf({ values }: Sample, context: Context): SlaStatus {
  const { config, now } = context;
  const targets = targetsOf(config).map((target) => {
    const actual = values.get(target.metric) ?? null;
    return { ...target, actual, met: actual === null ? null : isMet(target, actual) };
  });
  const { windowMs, availabilityPercentMin } = config.sla;
  const mayBeDownMs = windowMs * (1 - availabilityPercentMin / 100);
  return { atMs: now(), windowMs, targets, met: allMet(targets), downtimeLeftMs: mayBeDownMs - downtimeMs(context) };
}

/** A missed target is an alert like any other. */
export function slaRules(config: ProductionConfig): readonly AlertRule[] {
  return targetsOf(config).map(({ name, metric, wanted }) =>
    alertRule.parse({
      id: `sla:${name}`,
      says: `the SLA target of ${name} is missed`,
      metric,
      breach: wanted.bound === 'at_least' ? 'below' : 'above',
      threshold: wanted.value,
      severity: 'high',
    }),
  );
}

function isMet({ wanted }: Target, actual: number): boolean {
  return wanted.bound === 'at_least' ? actual >= wanted.value : actual <= wanted.value;
}

function allMet(targets: SlaStatus['targets']): boolean | null {
  if (targets.some(({ met }) => met === false)) return false;
  return targets.some(({ met }) => met === true) ? true : null;
}
