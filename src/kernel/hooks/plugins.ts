/**
 * The plugins of a kernel: which are loaded, in what order they are called, how they do, and how one is
 * loaded, replaced or unloaded while calls are under way.
 */
import { BanyanError } from '../../contract/errors.ts';
import type { StandingAlert } from '../../contract/health.ts';
import type { HookEvents, HookName, HookOf } from '../../contract/hooks.ts';
import { type AnyPlugin, BUDGETS, type CapabilitiesOf, type PluginReport } from '../../contract/plugins.ts';
import { systemClock } from '../clock.ts';
import { capabilitiesOf } from './capabilities.ts';
import { Changes } from './changes.ts';
import { checkDefinition } from './check.ts';
import { type Engine, noHolding } from './engine.ts';
import { type Finding, Findings } from './findings.ts';
import { freezeDeep } from './freeze.ts';
import { applyConfig, disposeOf, drain, hold, initialize } from './lifecycle.ts';
import { LoadedPlugin } from './loaded-plugin.ts';
import { Operation } from './operation.ts';
import type { PluginOptions, Snapshot } from './options.ts';
import { explainPlaces, type OrderRow } from './order.ts';
import { PluginEvents, tell } from './plugin-events.ts';
import { provision } from './provision.ts';
import { reportOn } from './report.ts';
import { replaceState, savedFor, savedStateOf } from './state.ts';
import { StateKeeper } from './state-keeper.ts';
import { systemStopwatch } from './stopwatch.ts';
import { HookTable } from './table.ts';
import { type Unsettled, UnsettledHooks } from './unsettled.ts';

/**
 * Checks, orders and initialises plugins; all or none. Throws PLUGIN_INVALID, PLUGIN_MISSING, PLUGIN_CYCLE,
 * PLUGIN_CONFLICT before anything was initialised, PLUGIN_FAILED after what was initialised was disposed of.
 */
export async function loadPlugins(definitions: readonly AnyPlugin[], options: PluginOptions): Promise<Plugins> {
  const plugins = new Plugins(options);
  await plugins.loadFirst(definitions, options);
  return plugins;
}

export class Plugins {
  readonly #engine: Engine;
  #table = new HookTable([]);
  /** Earlier tables that operations may still use. */
  readonly #earlier = new Set<HookTable>();
  readonly #changes = new Changes();
  readonly #unwatch: (() => void) | undefined;
  readonly #events: PluginEvents;
  readonly #keeper: StateKeeper | null;
  readonly #operationMs: number;

  constructor(options: PluginOptions) {
    this.#engine = {
      stopwatch: options.stopwatch ?? systemStopwatch,
      clock: options.clock ?? systemClock,
      findings: new Findings(() => this.#engine.clock.now(), options.found ?? (() => {})),
      unsettled: new UnsettledHooks(),
      loopWatch: options.loopWatch ?? null,
      kernel: options.kernel,
      log: options.log ?? (() => {}),
      limitHit: options.limitHit ?? (() => {}),
      holding: options.holding ?? noHolding,
      use: (plugin) => this.use(plugin),
      emit: (plugin, hook, event) => this.#events.emit(plugin, hook, event),
    };
    this.#events = new PluginEvents({
      runs: (hook) => this.#table.slots[hook].runs,
      findings: this.#engine.findings,
      emitted: options.emitted ?? (() => {}),
    });
    this.#operationMs = options.operationMs ?? BUDGETS.operationMs;
    const { keeping } = options;
    const parts = { engine: this.#engine, alerts: this.#events.alerts, loaded: () => this.#table.plugins };
    this.#keeper = keeping === undefined ? null : new StateKeeper(keeping, parts);
    this.#unwatch = options.loopWatch?.listen((plugin, heldMs) =>
      this.#engine.findings.add(plugin, 'all', 'held_loop', `for ${heldMs.toFixed(0)} ms and longer`),
    );
  }

  // ── for the kernel, on every call ─────────────────────────────────────────────────────────────────

  /** Begins an operation; `end` must be called on it. */
  begin(budgetMs: number = this.#operationMs): Operation {
    return new Operation(this.#engine, this.#table, budgetMs);
  }

  /** Tells observers; returns at once. The event is frozen: what is in it must be the kernel's own. */
  observe<N extends HookOf<'observe'>>(hook: N, event: HookEvents[N]): void {
    const { runs } = this.#table.slots[hook];
    if (runs.length > 0) tell(runs, freezeDeep(event));
  }

  /** Whether any plugin implements a hook, for events that are dear to make. */
  listens(hook: HookName): boolean {
    return this.#table.slots[hook].runs.length > 0;
  }

  // ── for callers ───────────────────────────────────────────────────────────────────────────────────

  /** @throws PLUGIN_GONE */
  use<P extends AnyPlugin>(plugin: P): CapabilitiesOf<P> {
    return capabilitiesOf(this.#engine, (name) => this.#find(name), plugin);
  }

  report(): readonly PluginReport[] {
    return this.#table.plugins.map((plugin, i) => reportOn(this.#engine, plugin, i + 1));
  }

  /** The last findings, oldest first. */
  findings(): readonly Finding[] {
    return this.#engine.findings.last();
  }

  /** The alerts that plugins raised and did not resolve. */
  alerts(): readonly StandingAlert[] {
    return this.#table.plugins.flatMap(({ name }) => this.#events.alerts.of(name));
  }

  /** Promises that hooks and capabilities owe. */
  unsettled(): readonly Unsettled[] {
    return this.#engine.unsettled.list();
  }

  explainOrder(): readonly OrderRow[] {
    return explainPlaces(this.#definitions());
  }

  /** Resolves when every event fired so far was observed. */
  async observed(): Promise<void> {
    await Promise.all(this.#table.plugins.map((plugin) => plugin.queue.empty()));
  }

  // ── state ─────────────────────────────────────────────────────────────────────────────────────────

  async snapshot(): Promise<Snapshot> {
    const saved = this.#table.plugins.map(async (plugin) => [plugin.name, await savedStateOf(plugin)] as const);
    const withState = (await Promise.all(saved)).filter(([, state]) => state !== null);
    return Object.fromEntries(withState) as Snapshot;
  }

  /** Puts states back in place, so that references that plugins hold stay valid. @throws PLUGIN_INVALID */
  async restore(snapshot: Snapshot): Promise<void> {
    for (const plugin of this.#table.plugins) {
      const saved = savedFor(plugin, snapshot);
      if (saved !== null) await replaceState(plugin, saved);
    }
  }

  // ── changes at run time ───────────────────────────────────────────────────────────────────────────

  async loadFirst(definitions: readonly AnyPlugin[], { configs = {}, saved = {} }: PluginOptions): Promise<void> {
    const standing: StandingAlert[] = [];
    const loaded = provision(definitions).map((plugin) => new LoadedPlugin(this.#engine, plugin, configs[plugin.name]));
    try {
      for (const [i, plugin] of loaded.entries()) {
        // One by one, so that each finds those that it requires.
        this.#table = new HookTable(loaded.slice(0, i + 1));
        standing.push(...((await this.#keeper?.resume(plugin)) ?? []));
        await initialize(this.#engine, plugin);
      }
      await this.restore(saved);
      this.#events.retell(standing);
      this.#keeper?.start();
    } catch (error) {
      const begun = this.#table.plugins;
      this.#table = new HookTable([]);
      for (const plugin of begun.toReversed()) await disposeOf(this.#engine, plugin);
      throw error;
    }
  }

  /**
   * Loads a plugin, or puts it in the place of the loaded one with its name: the new one is initialised and
   * takes the state over, operations begun later use it, the old one is drained and disposed of. When the new
   * one fails, the old one stays. Resolves when the old one is gone.
   */
  load(definition: AnyPlugin, config?: unknown): Promise<void> {
    return this.#changes.run(async () => {
      checkDefinition(definition);
      const old = this.#find(definition.name);
      const others = this.#definitions().filter((other) => other.name !== definition.name);
      const ordered = provision([...others, definition]);
      const fresh = new LoadedPlugin(this.#engine, definition, config ?? old?.config);
      const standing = await this.#takeOver(fresh, old);
      await this.#swap(
        ordered.map(({ name }) => (name === fresh.name ? fresh : this.#get(name))),
        old,
      );
      this.#events.retell(standing);
    });
  }

  /** @throws PLUGIN_GONE, or PLUGIN_MISSING when another plugin requires it */
  unload(name: string): Promise<void> {
    return this.#changes.run(async () => {
      const old = this.#get(name);
      const rest = provision(this.#definitions().filter((other) => other.name !== name));
      await this.#swap(
        rest.map((plugin) => this.#get(plugin.name)),
        old,
      );
    });
  }

  /** Gives a plugin another config. When it refuses, the previous one stands. @throws PLUGIN_INVALID, PLUGIN_FAILED */
  configure(name: string, config: unknown): Promise<void> {
    return this.#changes.run(() => applyConfig(this.#engine, this.#get(name), config));
  }

  /** Unloads all, those that require others first. */
  close(): Promise<void> {
    return this.#changes.run(async () => {
      const { plugins } = this.#table;
      this.#replaceTable([]);
      await drain(this.#engine, plugins, this.#earlier);
      for (const plugin of plugins) await this.#keeper?.keep(plugin);
      this.#keeper?.stop();
      for (const plugin of plugins.toReversed()) await disposeOf(this.#engine, plugin);
      this.#unwatch?.();
    });
  }

  /** The state of the old one, or what one of its name left in the store. Answers with the alerts that come with that. */
  async #takeOver(fresh: LoadedPlugin, old: LoadedPlugin | undefined): Promise<readonly StandingAlert[]> {
    try {
      const standing = old === undefined ? await this.#keeper?.resume(fresh) : [];
      await initialize(this.#engine, fresh);
      if (old !== undefined) await hold(this.#engine, old);
      if (old !== undefined) await this.#handOver(old, fresh);
      return standing ?? [];
    } catch (error) {
      old?.queue.resume();
      if (old === undefined) this.#keeper?.forget(fresh.name);
      await disposeOf(this.#engine, fresh);
      throw error;
    }
  }

  /** What it holds off goes with its state: one that knows nothing of it would not release it. */
  async #handOver(old: LoadedPlugin, fresh: LoadedPlugin): Promise<void> {
    const saved = await savedStateOf(old);
    if (saved === null || fresh.definition.state === undefined) return;
    await replaceState(fresh, saved);
    this.#engine.holding.handOver(old, fresh);
  }

  async #swap(next: readonly LoadedPlugin[], gone: LoadedPlugin | undefined): Promise<void> {
    this.#replaceTable(next);
    if (gone === undefined) return;
    const successor = this.#find(gone.name);
    if (successor !== undefined) gone.queue.handTo(successor);
    await drain(this.#engine, [gone], this.#earlier);
    if (successor === undefined) await this.#keepFor(gone);
    await disposeOf(this.#engine, gone);
  }

  /** For whenever it is loaded again. */
  async #keepFor(gone: LoadedPlugin): Promise<void> {
    await this.#keeper?.keep(gone);
    this.#keeper?.forget(gone.name);
    this.#events.resolveAll(gone.name, this.#engine.clock.now());
  }

  #replaceTable(plugins: readonly LoadedPlugin[]): void {
    const earlier = this.#table;
    this.#table = new HookTable(plugins);
    this.#earlier.add(earlier);
    void earlier.unused().then(() => this.#earlier.delete(earlier));
  }

  #definitions(): readonly AnyPlugin[] {
    return this.#table.plugins.map((plugin) => plugin.definition);
  }

  #find(name: string): LoadedPlugin | undefined {
    return this.#table.plugins.find((plugin) => plugin.name === name);
  }

  #get(name: string): LoadedPlugin {
    const plugin = this.#find(name);
    if (plugin === undefined) throw new BanyanError('PLUGIN_GONE', `plugin ${name} is not loaded`);
    return plugin;
  }
}
