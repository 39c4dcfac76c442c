import { z } from 'zod';
import { definePlugin } from '../../contract/plugins.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import { acknowledge, evaluateRules, foreignRaised, foreignResolved, healthOf, standingAlerts } from './alerts.ts';
import { healthMoved } from './availability.ts';
import { takeBackup } from './backups.ts';
import { productionConfig } from './config.ts';
import { allValues, countsNow, measure, recordMetric } from './metrics.ts';
import { alertRule } from './rules.ts';
import { isScalingEnabled, scale, scaleSoon } from './scaler.ts';
import { failOver, recoverFromDisaster } from './sequences.ts';
import {
  acknowledgeInput,
  alertsInput,
  backupSummary,
  disasterInput,
  evaluateInput,
  evaluateScalingInput,
  evaluation,
  failoverInput,
  metrics,
  pastAlert,
  productionHealth,
  scalingDecision,
  sequenceResult,
  slaStatus,
  standingAlert,
} from './shapes.ts';
import { slaStatusOf } from './sla.ts';
import { BOUNDS, type Context, productionState } from './state.ts';
import { begin, section } from './watch.ts';

/** Keeps a kernel in service: SLA targets, alerts, scaling, failover, disaster recovery. */
export const production = definePlugin({
  name: 'production',
  version: '1.0.0',
  says: 'SLA targets, alert rules, auto-scaling, failover and disaster recovery',
  state: productionState,
  config: productionConfig,
  writes: { on_health_check: { sections: 'merge' } },
  // A failover waits for agents to start and stop.
  budgets: { capabilityMs: 180_000 },
  initialize: begin,
  hooks: {
    on_performance_metric: recordMetric,
    on_task_completed({ task }, context) {
      if (task.rehearsal && !context.config.countsRehearsals) return;
      const counts = countsNow(context);
      counts.attempts++;
      counts.completed++;
    },
    on_task_failed({ task, willRetry }, context) {
      if (task.rehearsal && !context.config.countsRehearsals) return;
      const counts = countsNow(context);
      counts.attempts++;
      counts.failedAttempts++;
      if (!willRetry) counts.failed++;
    },
    on_agent_failure(_event, context) {
      countsNow(context).agentFailures++;
    },
    on_capacity_reached(_event, context) {
      countsNow(context).refusedSpawns++;
    },
    on_task_queued({ task, queued }, context) {
      if (!task.rehearsal && queued >= context.config.scaling.emergencyQueuedPerPlace) scaleSoon(context);
    },
    on_no_agent_available({ task, capabilities }, context) {
      if (task.rehearsal) return;
      context.state.missing = capabilities;
      scaleSoon(context);
    },
    on_health_changed: ({ to }, context) => healthMoved(to, context),
    on_alert_raised: foreignRaised,
    on_alert_resolved: foreignResolved,
    on_health_check: (_event, context) => ({ sections: { [context.plugin]: section(context) } }),
  },
  capabilities: {
    metrics: { says: 'everything measured now, by name', input: z.undefined(), output: metrics },
    alerts: {
      says: 'the alerts that stand, of this plugin and of others, worst first',
      input: alertsInput,
      output: z.array(standingAlert),
    },
    pastAlerts: { says: 'alerts that were resolved, oldest first', input: z.undefined(), output: z.array(pastAlert) },
    addAlertRule: { says: 'adds a rule, or replaces the one with its id', input: alertRule, output: z.void() },
    evaluateAlerts: { says: 'looks at every rule now', input: evaluateInput, output: evaluation },
    acknowledgeAlert: {
      says: 'somebody looks after an alert, so it does not escalate; false: no such alert stands',
      input: acknowledgeInput,
      output: z.boolean(),
    },
    health: { says: 'how it is, by the worst alert that stands', input: z.undefined(), output: productionHealth },
    slaStatus: { says: 'the SLA targets and whether they are met', input: z.undefined(), output: slaStatus },
    setAutoScaling: {
      says: 'whether scaling decides by itself',
      input: z.strictObject({ enabled: z.boolean() }),
      output: z.void(),
    },
    evaluateScaling: {
      says: 'decides on scaling now, and carries it out',
      input: evaluateScalingInput,
      output: scalingDecision,
    },
    scalingDecisions: {
      says: 'the last decisions, oldest first; of a quiet time, the last',
      input: z.undefined(),
      output: z.array(scalingDecision),
    },
    failover: {
      says: 'takes an agent out of service without losing its tasks',
      input: failoverInput,
      output: sequenceResult,
    },
    backup: { says: 'notes which agents there are now', input: z.undefined(), output: backupSummary },
    recoverFromDisaster: {
      says: 'brings the agents of a backup back',
      input: disasterInput,
      output: sequenceResult,
    },
    sequences: {
      says: 'the last failovers and recoveries, oldest first',
      input: z.undefined(),
      output: z.array(sequenceResult),
    },
  },
  serve: {
    metrics: async (_input, context) => {
      const sample = await measure(context);
      return { atMs: sample.atMs, values: allValues(sample, context) };
    },
    alerts: (input, context) =>
      standingAlerts(context).filter(
        (alert) =>
          (input?.severity === undefined || alert.severity === input.severity) &&
          (input?.unacknowledgedOnly !== true || alert.acknowledged === null),
      ),
    pastAlerts: (_input, { state }) => state.pastAlerts,
    addAlertRule(rule, { state }) {
      hit(state.limitsHit, 'addedRulesMax', setBounded(state.addedRules, rule.id, rule, BOUNDS.addedRulesMax));
    },
    evaluateAlerts: async (input, context) => evaluateRules(await sampleOf(input?.values, context), context),
    acknowledgeAlert: ({ id, by }, context) => acknowledge(id, by, context),
    health: (_input, context) => healthOf(context),
    slaStatus: async (_input, context) => slaStatusOf(await measure(context), context),
    setAutoScaling({ enabled }, { state }) {
      state.scalingEnabled = enabled;
    },
    evaluateScaling: (input, context) => scale(context, (input?.apply ?? true) && isScalingEnabled(context)),
    scalingDecisions: (_input, { state }) => state.decisions,
    failover: failOver,
    backup: async (_input, context) => {
      const { agents, ...backup } = await takeBackup(context);
      return { ...backup, agents: agents.length };
    },
    recoverFromDisaster,
    sequences: (_input, { state }) => state.sequences,
  },
});

function sampleOf(values: Readonly<Record<string, number>> | undefined, context: Context) {
  return values === undefined ? measure(context) : { atMs: context.now(), values: new Map(Object.entries(values)) };
}
