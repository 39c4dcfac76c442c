import type { StandingAlert } from '../../contract/health.ts';
import type { EmittableHook, HookEvents } from '../../contract/hooks.ts';

/** Alerts of one plugin that may stand at once. */
export const alertsMax = 200;

/** The alerts that plugins raised and did not resolve: the kernel's health report shows them. */
export class PluginAlerts {
  readonly #standing = new Map<string, Map<string, StandingAlert>>();

  /** Takes in what a plugin fired. `full`: the oldest of its alerts had to go. */
  heard(plugin: string, hook: EmittableHook, event: HookEvents[EmittableHook]): 'full' | null {
    if (hook === 'on_alert_raised') return this.#raised(plugin, event as HookEvents['on_alert_raised']);
    if (hook === 'on_alert_resolved') this.#of(plugin).delete((event as HookEvents['on_alert_resolved']).id);
    return null;
  }

  of(plugin: string): readonly StandingAlert[] {
    return [...(this.#standing.get(plugin)?.values() ?? [])];
  }

  /** Puts back what stood when its state was kept. */
  restore(plugin: string, alerts: readonly StandingAlert[]): void {
    this.#standing.set(plugin, new Map(alerts.map((alert) => [alert.id, alert])));
  }

  #raised(plugin: string, { id, severity, message, atMs }: HookEvents['on_alert_raised']): 'full' | null {
    const standing = this.#of(plugin);
    standing.set(id, Object.freeze({ id, severity, message, atMs, plugin }));
    const [oldest] = standing.keys();
    if (standing.size <= alertsMax || oldest === undefined) return null;
    standing.delete(oldest);
    return 'full';
  }

  #of(plugin: string): Map<string, StandingAlert> {
    const standing = this.#standing.get(plugin) ?? new Map<string, StandingAlert>();
    this.#standing.set(plugin, standing);
    return standing;
  }
}
