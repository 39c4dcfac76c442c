import type { StandingAlert } from '../contract/health.ts';
import type { Clock } from './clock.ts';
import type { Plugins } from './hooks/index.ts';

/** What the kernel wants somebody to look at, as long as it stands. */
export class Alerts {
  readonly #clock: Clock;
  readonly #plugins: Plugins;
  readonly #standing = new Map<string, StandingAlert>();

  constructor(clock: Clock, plugins: Plugins) {
    this.#clock = clock;
    this.#plugins = plugins;
  }

  standing(): readonly StandingAlert[] {
    return [...this.#standing.values()];
  }

  raise(id: string, severity: StandingAlert['severity'], message: string): void {
    if (this.#standing.has(id)) return;
    const alert = { id, severity, message, atMs: this.#clock.now() };
    this.#standing.set(id, Object.freeze({ ...alert, plugin: null }));
    this.#plugins.observe('on_alert_raised', alert);
  }

  resolve(id: string): void {
    if (this.#standing.delete(id)) this.#plugins.observe('on_alert_resolved', { id, atMs: this.#clock.now() });
  }
}
