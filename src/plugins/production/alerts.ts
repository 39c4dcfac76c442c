import type { Alert, HookEvents } from '../../contract/hooks.ts';
import { addBounded, hit, setBounded } from '../parts/bounded.ts';
import { anomalyRules } from './anomalies.ts';
import { valueFor } from './metrics.ts';
import { nextState, QUIET, type RuleMove, type RuleState } from './rule-state.ts';
import { type AlertRule, SEVERITIES, type Severity } from './rules.ts';
import type { StandingAlert } from './shapes.ts';
import { slaRules } from './sla.ts';
import { BOUNDS, type Context, type Sample } from './state.ts';

export type Evaluation = { raised: string[]; resolved: string[]; escalated: string[]; standing: number };

/** Looks at every rule once, and tells of each alert that comes, goes or gets worse. */
export function evaluateRules(sample: Sample, context: Context): Evaluation {
  const seen: Evaluation = { raised: [], resolved: [], escalated: [], standing: 0 };
  const { state: plugin, now } = context;
  const rules = rulesNow(context);
  for (const rule of rules) {
    const before = plugin.rules.get(rule.id) ?? QUIET;
    const move = nextState(rule, before, valueFor(rule, sample, context), now());
    plugin.rules.set(rule.id, move.state);
    note(seen, rule.id, before, move, context);
  }
  for (const [id, before] of goneRules(rules, context)) {
    plugin.rules.delete(id);
    note(seen, id, before, { state: QUIET, event: before.kind === 'standing' ? 'resolved' : null }, context);
  }
  seen.standing = standingAlerts(context).length;
  return seen;
}

function rulesNow(context: Context): readonly AlertRule[] {
  const { config, state } = context;
  const all = [...config.rules, ...slaRules(config), ...anomalyRules(context), ...state.addedRules.values()];
  return [...new Map(all.map((rule) => [rule.id, rule])).values()];
}

/** Rules that were taken out of the config, or that can no longer be drawn from the samples. */
function goneRules(rules: readonly AlertRule[], { state }: Context): readonly (readonly [string, RuleState])[] {
  const ids = new Set(rules.map(({ id }) => id));
  return [...state.rules].filter(([id]) => !ids.has(id));
}

function note(seen: Evaluation, id: string, before: RuleState, { state, event }: RuleMove, context: Context): void {
  if (event === null) return;
  seen[event].push(`production:${id}`);
  tell(event, before, state, context);
}

function tell(event: 'raised' | 'resolved' | 'escalated', before: RuleState, after: RuleState, context: Context): void {
  if (after.kind === 'standing') context.emit('on_alert_raised', forOthers(after.alert, event === 'escalated'));
  if (before.kind !== 'standing' || event !== 'resolved') return;
  const past = { ...before.alert, resolvedAtMs: context.now() };
  hit(context.state.limitsHit, 'pastAlertsMax', addBounded(context.state.pastAlerts, past, BOUNDS.pastAlertsMax));
  context.emit('on_alert_resolved', { id: past.id, atMs: past.resolvedAtMs });
}

/** Five degrees inside, three in the contract. */
const CONTRACT_SEVERITY = {
  critical: 'critical',
  high: 'warning',
  medium: 'warning',
  low: 'info',
  info: 'info',
} as const satisfies Record<Severity, Alert['severity']>;

function forOthers({ id, severity, message, raisedAtMs, escalatedAtMs }: StandingAlert, isEscalated: boolean): Alert {
  const note = isEscalated ? ` (stands since ${new Date(raisedAtMs).toISOString()}, nobody acknowledged it)` : '';
  return {
    id,
    severity: CONTRACT_SEVERITY[severity],
    message: `${message}${note}`,
    atMs: escalatedAtMs ?? raisedAtMs,
  };
}

// ── alerts of the kernel and of other plugins ───────────────────────────────────────────────────────

const SEVERITY_OF = { critical: 'critical', warning: 'medium', info: 'info' } as const satisfies Record<
  Alert['severity'],
  Severity
>;

export function foreignRaised({ id, severity, message, atMs }: Alert, { state, plugin }: Context): void {
  if (id.startsWith(`${plugin}:`)) return;
  const known = state.foreignAlerts.get(id);
  const alert: StandingAlert = {
    id,
    rule: null,
    metric: null,
    severity: SEVERITY_OF[severity],
    message,
    value: null,
    raisedAtMs: known?.raisedAtMs ?? atMs,
    escalatedAtMs: null,
    acknowledged: known?.acknowledged ?? null,
  };
  hit(state.limitsHit, 'foreignAlertsMax', setBounded(state.foreignAlerts, id, alert, BOUNDS.foreignAlertsMax));
}

export function foreignResolved({ id, atMs }: HookEvents['on_alert_resolved'], { state }: Context): void {
  const alert = state.foreignAlerts.get(id);
  if (alert === undefined || !state.foreignAlerts.delete(id)) return;
  const past = { ...alert, resolvedAtMs: atMs };
  hit(state.limitsHit, 'pastAlertsMax', addBounded(state.pastAlerts, past, BOUNDS.pastAlertsMax));
}

// ── for people ──────────────────────────────────────────────────────────────────────────────────────

/** All that stand, worst first, then oldest first. */
export function standingAlerts({ state }: Context): StandingAlert[] {
  const own = [...state.rules.values()].flatMap((rule) => (rule.kind === 'standing' ? [rule.alert] : []));
  const worstFirst = (a: StandingAlert, b: StandingAlert) =>
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.raisedAtMs - b.raisedAtMs;
  return [...own, ...state.foreignAlerts.values()].sort(worstFirst);
}

/** Keeps an alert from escalating. `false`: no such alert stands. */
export function acknowledge(id: string, by: string, { state, now }: Context): boolean {
  const acknowledged = { by, atMs: now() };
  const foreign = state.foreignAlerts.get(id);
  if (foreign !== undefined) {
    state.foreignAlerts.set(id, { ...foreign, acknowledged });
    return true;
  }
  for (const [rule, ruleState] of state.rules) {
    if (ruleState.kind !== 'standing' || ruleState.alert.id !== id) continue;
    state.rules.set(rule, { kind: 'standing', alert: { ...ruleState.alert, acknowledged } });
    return true;
  }
  return false;
}

/** The worst that stands says how it is. */
export function healthOf(context: Context): {
  state: 'healthy' | 'degraded' | 'unhealthy' | 'critical';
  reasons: string[];
} {
  const alerts = standingAlerts(context);
  return {
    state: HEALTH_OF[alerts[0]?.severity ?? 'info'],
    reasons: alerts.filter(({ severity }) => HEALTH_OF[severity] !== 'healthy').map(({ message }) => message),
  };
}

const HEALTH_OF = {
  critical: 'critical',
  high: 'unhealthy',
  medium: 'degraded',
  low: 'healthy',
  info: 'healthy',
} as const satisfies Record<Severity, string>;
