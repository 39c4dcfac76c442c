import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { StandingAlert } from '../../contract/health.ts';
import { BUDGETS } from '../../contract/plugins.ts';
import type { Engine } from './engine.ts';
import { messageOf } from './findings.ts';
import { inTime } from './lifecycle.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';
import type { PluginAlerts } from './plugin-alerts.ts';
import { clearState, currentStateOf, replaceState } from './state.ts';

/** A plugin's state as it is on disk: in the format of V8's structured clone, so Maps, Sets and Dates stay what they are. */
export type KeptState = { readonly name: string; readonly version: number; readonly body: Uint8Array };

/** Where the state of plugins outlives the process. */
export type StateStore = {
  /** `null`: none is kept. */
  pluginState(name: string): KeptState | null;
  /** On disk when it returns. Forgets what was written longest ago beyond `max`, but nothing of `loaded`. */
  putPluginState(kept: KeptState, loaded: readonly string[], max: number): void;
};

export type StateKeeping = {
  readonly store: StateStore;
  /** What a kill -9 may cost, in milliseconds. */
  readonly everyMs: number;
  /** Of one plugin. A state beyond it is not kept, and what was kept before stands. */
  readonly bytesMax: number;
  /** Plugins whose state is kept, loaded ones and those that once were. */
  readonly keptMax: number;
};

type Kept = { readonly state: unknown; readonly alerts: readonly StandingAlert[] };
type Parts = {
  readonly engine: Engine;
  readonly alerts: PluginAlerts;
  readonly loaded: () => readonly LoadedPlugin[];
};

/**
 * Keeps what plugins know through a restart: every so often, and when one goes. With a plugin's state go the
 * alerts that it has standing, since it will not raise them again.
 */
export class StateKeeper {
  readonly #keeping: StateKeeping;
  readonly #parts: Parts;
  /** Names of what is loaded, until it is kept for the last time. */
  readonly #names = new Set<string>();
  /** Of what is on disk, by plugin: what did not change is not written. */
  readonly #digests = new Map<string, string>();
  #disarm: (() => void) | null = null;
  #stopped = false;

  constructor(keeping: StateKeeping, parts: Parts) {
    this.#keeping = keeping;
    this.#parts = parts;
  }

  /** Begins to keep all that is loaded, again and again. */
  start(): void {
    if (this.#stopped) return;
    this.#disarm = this.#parts.engine.clock.after(this.#keeping.everyMs, () => void this.#round());
  }

  stop(): void {
    this.#stopped = true;
    this.#disarm?.();
  }

  /**
   * Gives a plugin that was not initialised yet what it left. When that cannot be, it begins anew, and that is a
   * finding. Answers with the alerts that it had standing.
   */
  async resume(plugin: LoadedPlugin): Promise<readonly StandingAlert[]> {
    if (plugin.definition.state === undefined) return [];
    this.#names.add(plugin.name);
    try {
      const kept = this.#keeping.store.pluginState(plugin.name);
      if (kept === null) return [];
      const { state, alerts } = deserialize(kept.body) as Kept;
      await replaceState(plugin, { version: kept.version, state });
      this.#parts.alerts.restore(plugin.name, alerts);
      return alerts;
    } catch (error) {
      this.#find(plugin, 'state_refused', messageOf(error));
      clearState(plugin);
      return [];
    }
  }

  /** Never throws: what is wrong is a finding. */
  async keep(plugin: LoadedPlugin): Promise<void> {
    if (plugin.definition.state === undefined) return;
    const { engine } = this.#parts;
    try {
      const kept = this.#keep(plugin);
      if ((await inTime(engine, BUDGETS.fetchStateMs, kept)) === 'late')
        this.#find(plugin, 'state_not_kept', `it was not there after ${BUDGETS.fetchStateMs} ms`);
    } catch (error) {
      this.#find(plugin, 'state_not_kept', messageOf(error));
    }
  }

  /** It is not loaded any more. */
  forget(name: string): void {
    this.#names.delete(name);
    this.#digests.delete(name);
  }

  async #round(): Promise<void> {
    for (const plugin of this.#parts.loaded()) {
      await this.keep(plugin);
      // One plugin a turn of the event loop, so that calls need not wait for all of them.
      await new Promise<void>((resolve) => this.#parts.engine.stopwatch.soon(resolve));
    }
    this.start();
  }

  async #keep(plugin: LoadedPlugin): Promise<void> {
    const { name } = plugin;
    const { version = 0 } = plugin.definition.state ?? {};
    const state = await currentStateOf(plugin);
    if (state === undefined) return;
    const body = serialize({ state, alerts: this.#parts.alerts.of(name) } satisfies Kept);
    const { store, bytesMax, keptMax } = this.#keeping;
    if (body.byteLength > bytesMax) throw new Error(`it takes ${body.byteLength} bytes, ${bytesMax} may be kept`);
    const digest = createHash('sha1').update(body).digest('base64');
    if (this.#digests.get(name) === digest) return;
    store.putPluginState({ name, version, body }, [...this.#names], keptMax);
    this.#digests.set(name, digest);
  }

  #find(plugin: LoadedPlugin, kind: 'state_refused' | 'state_not_kept', message: string): void {
    this.#parts.engine.findings.add(plugin.name, 'state', kind, message);
  }
}
