import type { Health, HealthState } from '../contract/health.ts';
import type { HookEvents } from '../contract/hooks.ts';
import type { Alerts } from './alerts.ts';
import { type Core, countedAgents } from './core.ts';

/** The share of the queue above which the kernel says so. */
const QUEUE_FULL_SHARE = 0.9;
/** Findings in a report, of those that are kept. */
const FINDINGS_SHOWN = 50;

/** How the kernel does. Everything it needs is counted as it happens, so that asking costs next to nothing. */
export class HealthCheck {
  readonly #core: Core;
  readonly #alerts: Alerts;
  readonly #startedAtMs: number;
  #state: HealthState = 'healthy';

  constructor(core: Core, alerts: Alerts) {
    this.#core = core;
    this.#alerts = alerts;
    this.#startedAtMs = core.clock.now();
  }

  /** A plugin that hangs costs its own section: the answer waits `healthMs` for all of them together. */
  async report(): Promise<Health> {
    const sections = await this.#sections();
    const { state, reasons } = this.review();
    const { plugins, limitsHit, clock } = this.#core;
    return {
      state,
      reasons,
      atMs: clock.now(),
      startedAtMs: this.#startedAtMs,
      agents: this.#agents(),
      tasks: this.#tasks(),
      store: this.#store(),
      plugins: plugins.report(),
      alerts: [...this.#alerts.standing(), ...plugins.alerts()],
      findings: plugins.findings().slice(-FINDINGS_SHOWN),
      sections,
      limitsHit: Object.fromEntries(limitsHit),
    };
  }

  /** Looks again, and tells when the state has moved. */
  review(): { readonly state: HealthState; readonly reasons: readonly string[] } {
    const unhealthy = this.#unhealthy();
    const reasons = [...unhealthy, ...this.#degraded()];
    const to: HealthState = unhealthy.length > 0 ? 'unhealthy' : reasons.length > 0 ? 'degraded' : 'healthy';
    const from = this.#state;
    this.#state = to;
    if (from !== to) this.#core.plugins.observe('on_health_changed', { from, to, reasons });
    return { state: to, reasons };
  }

  async #sections(): Promise<HookEvents['on_health_check']['sections']> {
    const { plugins, settings, clock } = this.#core;
    if (!plugins.listens('on_health_check')) return {};
    const operation = plugins.begin(settings.healthMs);
    try {
      return (await operation.transform('on_health_check', { atMs: clock.now(), sections: {} })).sections;
    } finally {
      operation.end();
    }
  }

  #unhealthy(): string[] {
    const { journal, roster } = this.#core;
    const { failed, starting, idle, busy } = roster.agentCounts;
    const reasons = journal.failing === null ? [] : [`the store fails: ${journal.failing}`];
    if (failed > 0 && starting + idle + busy === 0) reasons.push(`all ${failed} agents have failed`);
    return reasons;
  }

  #degraded(): string[] {
    const { roster, settings, plugins } = this.#core;
    const { queued, waiting } = roster.taskCounts;
    const { failed } = roster.agentCounts;
    const reasons = this.#alerts.standing().map((alert) => alert.message);
    if (failed > 0) reasons.push(`${failed} agents have failed`);
    if (queued + waiting >= QUEUE_FULL_SHARE * settings.queueMax) {
      reasons.push(`${queued + waiting} of at most ${settings.queueMax} tasks wait`);
    }
    for (const { severity, plugin, message } of plugins.alerts()) {
      if (severity === 'critical') reasons.push(`${plugin}: ${message}`);
    }
    for (const plugin of plugins.report()) {
      if (plugin.breaker !== 'closed')
        reasons.push(`plugin ${plugin.name} is left alone: its breaker is ${plugin.breaker}`);
    }
    return reasons;
  }

  #agents(): Health['agents'] {
    return {
      byState: { ...this.#core.roster.agentCounts },
      counted: countedAgents(this.#core),
      max: this.#core.settings.agentsMax,
      heldOff: this.#core.heldOff.list(),
    };
  }

  #tasks(): Health['tasks'] {
    const { roster, settings, queue, clock, journal } = this.#core;
    const { delegated, completed, failed, cancelled } = journal.counters;
    const oldestAtMs = queue.oldestReadyAtMs();
    return {
      byState: { ...roster.taskCounts },
      queued: roster.taskCounts.queued,
      queueMax: settings.queueMax,
      oldestQueuedMs: oldestAtMs === null ? 0 : clock.now() - oldestAtMs,
      delegatedEver: delegated,
      completedEver: completed,
      failedEver: failed,
      cancelledEver: cancelled,
    };
  }

  #store(): Health['store'] {
    const { failing, commits, counters } = this.#core.journal;
    return { failing, commits, lastSequence: counters.sequence };
  }
}
