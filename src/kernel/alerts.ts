import type { Alert } from '../contract/hooks.ts';
import type { Clock } from './clock.ts';
import type { Plugins } from './hooks/index.ts';

/** What the kernel wants somebody to look at, as long as it stands. */
export class Alerts {
  readonly #clock: Clock;
  readonly #plugins: Plugins;
  readonly #standing = new Map<string, Alert>();

  constructor(clock: Clock, plugins: Plugins) {
    this.#clock = clock;
    this.#plugins = plugins;
  }

  standing(): readonly Alert[] {
    return [...this.#standing.values()];
  }

  raise(id: string, severity: Alert['severity'], message: string): void {
    if (this.#standing.has(id)) return;
    const alert = Object.freeze({ id, severity, message, atMs: this.#clock.now() });
    this.#standing.set(id, alert);
    this.#plugins.observe('on_alert_raised', alert);
  }

  resolve(id: string): void {
    if (this.#standing.delete(id)) this.#plugins.observe('on_alert_resolved', { id, atMs: this.#clock.now() });
  }
}
