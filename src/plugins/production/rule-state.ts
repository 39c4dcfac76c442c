import { type AlertRule, isBreach, isClear, SEVERITIES, type Severity } from './rules.ts';
import type { StandingAlert } from './shapes.ts';

/** Where one rule stands. */
export type RuleState =
  | { readonly kind: 'quiet' }
  /** It is breached, but not yet for long enough. */
  | { readonly kind: 'pending'; readonly sinceMs: number }
  | { readonly kind: 'standing'; readonly alert: StandingAlert }
  /** Resolved so lately that it is not raised again yet. */
  | { readonly kind: 'cooling'; readonly untilMs: number };

export type RuleEvent = 'raised' | 'escalated' | 'resolved' | null;
export type RuleMove = { readonly state: RuleState; readonly event: RuleEvent };

export const QUIET: RuleState = { kind: 'quiet' };

/**
 * The next state of a rule. `null` for the value: it was not measured, which neither raises an alert nor
 * resolves one.
 */
export function nextState(rule: AlertRule, state: RuleState, value: number | null, nowMs: number): RuleMove {
  switch (state.kind) {
    case 'quiet':
      return breached(rule, value) ? pendingOrRaised(rule, value, nowMs, nowMs) : stay(QUIET);
    case 'pending':
      return breached(rule, value) ? pendingOrRaised(rule, value, state.sinceMs, nowMs) : stay(QUIET);
    case 'cooling':
      if (nowMs < state.untilMs) return stay(state);
      return nextState(rule, QUIET, value, nowMs);
    case 'standing':
      if (value !== null && isClear(rule, value)) return resolved(rule, state.alert, nowMs);
      return stillStanding(rule, { ...state.alert, value: value ?? state.alert.value }, nowMs);
  }
}

function breached(rule: AlertRule, value: number | null): value is number {
  return value !== null && isBreach(rule, value);
}

function pendingOrRaised(rule: AlertRule, value: number, sinceMs: number, nowMs: number): RuleMove {
  if (nowMs - sinceMs < rule.forMs) return stay({ kind: 'pending', sinceMs });
  const alert: StandingAlert = {
    id: `production:${rule.id}`,
    rule: rule.id,
    metric: rule.metric,
    severity: rule.severity,
    message: messageOf(rule, value),
    value,
    raisedAtMs: nowMs,
    escalatedAtMs: null,
    acknowledged: null,
  };
  return { state: { kind: 'standing', alert }, event: 'raised' };
}

/** The cooldown counts from the raise: what stood for longer may be raised again at once. */
function resolved({ cooldownMs }: AlertRule, { raisedAtMs }: StandingAlert, nowMs: number): RuleMove {
  const untilMs = raisedAtMs + cooldownMs;
  return { state: untilMs > nowMs ? { kind: 'cooling', untilMs } : QUIET, event: 'resolved' };
}

function stillStanding(rule: AlertRule, alert: StandingAlert, nowMs: number): RuleMove {
  const worse = oneWorse(alert.severity);
  const sinceMs = alert.escalatedAtMs ?? alert.raisedAtMs;
  if (alert.acknowledged !== null || worse === null || nowMs - sinceMs < rule.escalateAfterMs) {
    return stay({ kind: 'standing', alert });
  }
  const escalated = { ...alert, severity: worse, escalatedAtMs: nowMs };
  return { state: { kind: 'standing', alert: escalated }, event: 'escalated' };
}

function oneWorse(severity: Severity): Severity | null {
  return SEVERITIES[SEVERITIES.indexOf(severity) - 1] ?? null;
}

function messageOf({ says, metric, breach, threshold }: AlertRule, value: number): string {
  const fact = `${metric} is ${round(value)}, ${breach} ${round(threshold)}`;
  return says === '' ? fact : `${says}: ${fact}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function stay(state: RuleState): RuleMove {
  return { state, event: null };
}
