import type { StandingAlert } from '../../contract/health.ts';
import type { EmittableHook, HookEvents, HookName } from '../../contract/hooks.ts';
import type { Findings } from './findings.ts';
import { freezeDeep } from './freeze.ts';
import type { HookRun } from './hook-run.ts';
import { alertsMax, PluginAlerts } from './plugin-alerts.ts';

type Parts = {
  /** Who is told of a hook now. */
  readonly runs: (hook: HookName) => readonly HookRun[];
  readonly findings: Findings;
  /** Told of each event, once the others were. */
  readonly emitted: (plugin: string, hook: EmittableHook, event: HookEvents[EmittableHook]) => void;
};

/** What plugins fire themselves, for the other plugins and the kernel. */
export class PluginEvents {
  readonly alerts = new PluginAlerts();
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  emit<N extends EmittableHook>(plugin: string, hook: N, event: HookEvents[N]): void {
    this.#tellOthers(plugin, hook, event);
    const { findings, emitted } = this.#parts;
    if (this.alerts.heard(plugin, hook, event) === 'full')
      findings.add(plugin, hook, 'alerts_full', `${alertsMax} stand`);
    emitted(plugin, hook, event);
  }

  /** Alerts that stand since before a restart: those who began anew know nothing of them. */
  retell(alerts: readonly StandingAlert[]): void {
    for (const { plugin, ...alert } of alerts) this.#tellOthers(plugin, 'on_alert_raised', alert);
  }

  /** The plugin is gone, and nobody else will resolve what it raised. */
  resolveAll(plugin: string, atMs: number): void {
    for (const { id } of this.alerts.of(plugin)) this.emit(plugin, 'on_alert_resolved', { id, atMs });
  }

  /** Not the plugin itself: one that answers an event with the same event would go on for ever. */
  #tellOthers(plugin: string | null, hook: EmittableHook, event: unknown): void {
    tell(
      this.#parts.runs(hook).filter((run) => run.plugin.name !== plugin),
      freezeDeep(event),
    );
  }
}

export function tell(runs: readonly HookRun[], event: unknown): void {
  for (const run of runs) run.plugin.queue.push(run, event);
}
