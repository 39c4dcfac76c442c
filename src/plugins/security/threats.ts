import { addBounded, getBounded, hit, setBounded } from '../parts/bounded.ts';
import { newWindow, sliceNow, slicesOf } from '../parts/window.ts';
import { record } from './audit.ts';
import { HOUR_MS } from './config.ts';
import { tellListeners } from './listeners.ts';
import { redactedJson, redactText } from './secrets.ts';
import type { Severity, ThreatEvent } from './shapes.ts';
import { type Activity, BOUNDS, type Context } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR = { sliceMs: MINUTE_MS, slicesMax: 61 };

export type Threat = {
  readonly type: string;
  readonly severity: Severity;
  readonly description: string;
  readonly source?: string | null | undefined;
  readonly principal?: string | null | undefined;
  readonly agentId?: string | null | undefined;
  readonly details?: unknown;
};

/** Notes a threat, tells of it, and blocks the address that too many come from. */
export function noteThreat(threat: Threat, context: Context): ThreatEvent {
  const { state } = context;
  state.counts.threats++;
  if (threat.type === 'suspicious_activity') countsNow(context).suspicious++;
  measure('security_events', threat.agentId ?? null, context);
  const event = again(threat, context) ?? first(threat, context);
  blockIfMany(event, context);
  return event;
}

/** The same within a minute is one threat: a flood of one kind must not push the others out. */
function again(threat: Threat, { state, now }: Context): ThreatEvent | null {
  const { type, severity, source = null, principal = null, agentId = null } = threat;
  const same = state.events.findLast(
    (event) =>
      event.type === type &&
      event.severity === severity &&
      event.source === source &&
      event.principal === principal &&
      event.agentId === agentId,
  );
  if (same === undefined || now() - same.atMs >= MINUTE_MS) return null;
  same.count++;
  same.lastAtMs = now();
  return same;
}

function first(threat: Threat, context: Context): ThreatEvent {
  const { state, now } = context;
  const { type, severity, source = null, principal = null, agentId = null } = threat;
  const event: ThreatEvent = {
    id: `threat-${++state.serial}`,
    type,
    severity,
    description: redactText(threat.description),
    atMs: now(),
    count: 1,
    lastAtMs: now(),
    source,
    principal,
    agentId,
    detail: redactedJson(threat.details),
  };
  hit(state.limitsHit, 'eventsMax', addBounded(state.events, event, BOUNDS.eventsMax));
  record(
    {
      category: 'security_incident',
      action: type,
      success: false,
      source,
      principal,
      agentId,
      error: event.description,
    },
    context,
  );
  if (severity === 'high' || severity === 'critical') {
    raise(`${context.plugin}:${type}`, severity === 'high' ? 'warning' : 'critical', event.description, context);
  }
  tellListeners('threats', event, context);
  return event;
}

// ── blocks ──────────────────────────────────────────────────────────────────────────────────────────

export function block(key: string, reason: string, forMs: number | null, by: string, context: Context): void {
  const { state, now } = context;
  const untilMs = forMs === null ? null : now() + forMs;
  hit(
    state.limitsHit,
    'blockedMax',
    setBounded(state.blocked, key, { sinceMs: now(), untilMs, reason }, BOUNDS.blockedMax),
  );
  record(
    { category: 'configuration_change', action: 'block', success: true, by, resource: key, detail: { reason } },
    context,
  );
}

export function unblock(key: string, by: string, context: Context): boolean {
  const isGone = context.state.blocked.delete(key);
  record({ category: 'configuration_change', action: 'unblock', success: isGone, by, resource: key }, context);
  return isGone;
}

/** `null`: it is not blocked. */
export function blockOf(key: string, { state, now }: Context): { reason: string; retryAfterMs?: number } | null {
  const found = state.blocked.get(key);
  if (found === undefined) return null;
  const { untilMs, reason } = found;
  if (untilMs === null) return { reason };
  return untilMs > now() ? { reason, retryAfterMs: untilMs - now() } : null;
}

function blockIfMany({ source }: ThreatEvent, context: Context): void {
  const { eventsToBlock, blockMs } = context.config.threats;
  if (source === null || blockOf(`source:${source}`, context) !== null) return;
  const sinceMs = Math.max(context.now() - HOUR_MS, context.state.blocked.get(`source:${source}`)?.sinceMs ?? 0);
  const ofSource = context.state.events.filter((event) => event.source === source && event.lastAtMs > sinceMs);
  const times = ofSource.reduce((sum, { count }) => sum + count, 0);
  if (times >= eventsToBlock)
    block(`source:${source}`, `${times} threats within an hour`, blockMs, context.plugin, context);
}

// ── patterns ────────────────────────────────────────────────────────────────────────────────────────

/** An execution by a principal: too many, or from too many addresses, is suspicious. Told once an hour each. */
export function noteExecution(principal: string, source: string | null, context: Context): void {
  const { state, config, now } = context;
  const gone = (times: number) => hit(state.limitsHit, 'principalsMax', times);
  const activity = getBounded(state.activity, principal, newActivity, BOUNDS.principalsMax, gone);
  sliceNow(activity.executions, HOUR, now(), () => ({ count: 0 })).count++;
  if (source !== null) {
    hit(
      state.limitsHit,
      'sourcesPerPrincipalMax',
      setBounded(activity.sources, source, now(), BOUNDS.sourcesPerPrincipalMax),
    );
  }
  const executions = slicesOf(activity.executions, HOUR, now(), HOUR_MS).reduce((sum, { count }) => sum + count, 0);
  const sources = [...activity.sources.values()].filter((atMs) => atMs > now() - HOUR_MS).length;
  const suspect = { principal, source };
  if (executions > config.threats.executionsPerHourMax) {
    const description = `more than ${config.threats.executionsPerHourMax} executions of ${principal} within an hour`;
    onceAnHour(activity, { type: 'suspicious_activity', severity: 'medium', description, ...suspect }, context);
  }
  if (sources > config.threats.sourcesPerHourMax) {
    const description = `${principal} called from ${sources} addresses within an hour`;
    onceAnHour(activity, { type: 'suspicious_activity', severity: 'high', description, ...suspect }, context);
  }
}

function newActivity(): Activity {
  return { executions: newWindow(), sources: new Map(), reported: new Map() };
}

function onceAnHour({ reported }: Activity, threat: Threat, context: Context): void {
  const nowMs = context.now();
  if (nowMs - (reported.get(threat.severity) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return;
  reported.set(threat.severity, nowMs);
  noteThreat(threat, context);
}

/** A credential was refused. */
export function noteAuthFailure(
  error: string,
  source: string | null,
  principal: string | null,
  context: Context,
): void {
  context.state.counts.authenticationFailures++;
  countsNow(context).authFailures++;
  measure('failed_auth', null, context);
  noteThreat({ type: 'auth_failure', severity: 'medium', description: error, source, principal }, context);
  judgeAuthFailures(context);
}

// ── the last hour, and alerts ───────────────────────────────────────────────────────────────────────

export function countsNow({ state, now }: Context) {
  return sliceNow(state.hour, HOUR, now(), () => ({ authFailures: 0, blockedRequests: 0, suspicious: 0 }));
}

export function lastHour({ state, now }: Context) {
  const sum = { authFailures: 0, blockedRequests: 0, suspicious: 0 };
  for (const counts of slicesOf(state.hour, HOUR, now(), HOUR_MS)) {
    sum.authFailures += counts.authFailures;
    sum.blockedRequests += counts.blockedRequests;
    sum.suspicious += counts.suspicious;
  }
  return sum;
}

/** An alert goes when its cause was not seen for an hour. */
export function reviewAlerts(context: Context): void {
  const { state, now, emit } = context;
  judgeAuthFailures(context);
  for (const [id, seenAtMs] of state.alerts) {
    if (now() - seenAtMs < HOUR_MS) continue;
    state.alerts.delete(id);
    emit('on_alert_resolved', { id, atMs: now() });
  }
}

function judgeAuthFailures(context: Context): void {
  const { authFailuresPerHourMax } = context.config.threats;
  const { authFailures } = lastHour(context);
  const message = `${authFailures} credentials were refused within an hour, more than ${authFailuresPerHourMax}`;
  if (authFailures > authFailuresPerHourMax) raise(`${context.plugin}:auth_failures`, 'warning', message, context);
}

function raise(id: string, severity: 'warning' | 'critical', message: string, { state, emit, now }: Context): void {
  const stands = state.alerts.has(id);
  state.alerts.set(id, now());
  if (!stands) emit('on_alert_raised', { id, severity, message, atMs: now() });
}

function measure(name: string, agentId: string | null, { emit, now }: Context): void {
  emit('on_performance_metric', { name, value: 1, unit: 'count', agentId, taskId: null, atMs: now() });
}
