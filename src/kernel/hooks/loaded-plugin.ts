import { HOOKS, type HookName, type HookRow } from '../../contract/hooks.ts';
import { type AnyPlugin, BUDGETS, type MergeRule, type PluginContext } from '../../contract/plugins.ts';
import { implementedHooks } from './check.ts';
import { readConfig } from './config.ts';
import type { Engine } from './engine.ts';
import { checkFired } from './fired.ts';
import { HookRun } from './hook-run.ts';
import { LoopShare } from './loop-share.ts';
import { ObserverQueue } from './observer-queue.ts';
import { Repeats } from './repeats.ts';
import { Timers } from './timers.ts';

/** A definition that was given its state, config, context and counters. One per load: a swap makes a new one. */
export class LoadedPlugin {
  readonly definition: AnyPlugin;
  readonly name: string;
  readonly state: unknown;
  config: unknown;
  readonly context: PluginContext<unknown, unknown>;
  readonly hooks: ReadonlyMap<HookName, HookRun>;
  readonly capabilities: ReadonlyMap<string, HookRun>;
  readonly queue: ObserverQueue;
  readonly repeats: Repeats;
  readonly timers: Timers;
  readonly share: LoopShare;
  readonly loopShareMax: number;
  readonly watchId: number;
  pending = 0;
  readonly #whenServed: (() => void)[] = [];
  #serving = 0;
  readonly #engine: Engine;
  readonly #gone = new AbortController();

  constructor(engine: Engine, definition: AnyPlugin, config: unknown) {
    const nowMs = engine.stopwatch.nowMs();
    this.#engine = engine;
    this.definition = definition;
    this.name = definition.name;
    this.state = definition.state?.initial();
    this.config = readConfig(definition, config);
    this.queue = new ObserverQueue(engine);
    this.repeats = new Repeats(engine, this);
    this.timers = new Timers(engine, this);
    this.share = new LoopShare(nowMs);
    this.loopShareMax = definition.budgets?.loopShareMax ?? BUDGETS.loopShareMax;
    this.watchId = engine.loopWatch?.register(definition.name) ?? 0;
    this.context = contextOf(engine, this, this.#gone.signal);
    this.hooks = new Map(implementedHooks(definition).map((hook) => [hook, hookRun(this, hook, nowMs)]));
    this.capabilities = new Map(
      Object.keys(definition.capabilities ?? {}).map((name) => [name, capabilityRun(this, name, nowMs)]),
    );
  }

  /** All that is called of it. */
  runs(): readonly HookRun[] {
    return [...this.hooks.values(), ...this.capabilities.values(), ...this.repeats.runs, this.timers.run];
  }

  /** A capability call begins; the answer ends it. */
  serve(): () => void {
    this.#serving++;
    return () => {
      if (--this.#serving === 0) for (const resolve of this.#whenServed.splice(0)) resolve();
    };
  }

  /** Resolves when no capability call is under way. */
  served(): Promise<void> {
    if (this.#serving === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenServed.push(resolve));
  }

  /** Opens every breaker: it held more of the event loop than it may. */
  leaveAlone(): void {
    const nowMs = this.#engine.stopwatch.nowMs();
    const shareText = `${(this.share.share(nowMs) * 100).toFixed(0)} % of ten seconds`;
    this.share.clear();
    for (const run of this.hooks.values()) run.breaker.trip(nowMs);
    for (const run of this.repeats.runs) run.breaker.trip(nowMs);
    this.#engine.findings.add(this.name, 'all', 'loop_share', `${shareText}; it may take ${this.loopShareMax * 100} %`);
  }

  /** Nothing of its own runs after this: no repeat, no timer, and its signal is aborted. */
  stop(): void {
    this.repeats.stop();
    this.timers.stop();
    this.#gone.abort();
  }
}

type Invoke = (given: unknown, context: unknown) => unknown;

function contextOf(engine: Engine, plugin: LoadedPlugin, signal: AbortSignal): PluginContext<unknown, unknown> {
  const { name, definition } = plugin;
  return Object.freeze({
    plugin: name,
    state: plugin.state,
    get config() {
      return plugin.config;
    },
    signal,
    kernel: engine.kernel,
    now: () => engine.clock.now(),
    emit: (hook, event) => {
      checkFired(name, hook, event);
      engine.emit(name, hook, event);
    },
    use: (other) => {
      if (!(definition.requires ?? []).includes(other.name))
        throw new TypeError(`plugin ${name} uses ${other.name} without requiring it`);
      return engine.use(other);
    },
    repeat: (everyMs, turn) => plugin.repeats.add(everyMs, turn),
    after: (delayMs, turn) => plugin.timers.add(delayMs, turn),
    holdOff: (agentId, untilMs, everyMs) => {
      if (!Number.isFinite(untilMs) || !(everyMs > 0 && everyMs < Number.POSITIVE_INFINITY))
        throw new RangeError(
          `hold off until ${untilMs}, then every ${everyMs} ms: both must be finite, the latter above 0`,
        );
      // What one that is gone still says would stand for ever.
      if (!signal.aborted) engine.holding.holdOff(plugin, agentId, untilMs, everyMs);
    },
    release: (agentId) => engine.holding.release(plugin, agentId),
    finding: (message) => engine.findings.add(name, 'plugin', 'reported', message),
    log: (level, message, facts = {}) => engine.log(name, level, message, facts),
  } satisfies PluginContext<unknown, unknown>);
}

function hookRun(plugin: LoadedPlugin, hook: HookName, nowMs: number): HookRun {
  const { hooks, writes = {}, onError = 'open', budgets = {} } = plugin.definition;
  const row: HookRow = HOOKS[hook];
  const closed = row.kind !== 'observe' && (typeof onError === 'string' ? onError : onError[hook]) === 'closed';
  const declared = Object.entries((writes as Readonly<Record<string, Record<string, MergeRule>>>)[hook] ?? {});
  // A method call, so that hooks written as methods see their siblings through `this`.
  const functions = hooks as Readonly<Record<string, Invoke>>;
  const invoke: Invoke = (event, context) => functions[hook]?.(event, context);
  const budgetMs = budgets.callMs?.[hook] ?? row.budgetMs;
  return new HookRun(
    { plugin, place: hook, invoke, budgetMs, closed, writes: new Map(declared), fields: row.fields },
    nowMs,
  );
}

function capabilityRun(plugin: LoadedPlugin, name: string, nowMs: number): HookRun {
  const { serve = {}, budgets = {} } = plugin.definition;
  const functions = serve as Readonly<Record<string, Invoke>>;
  const invoke: Invoke = (input, context) => functions[name]?.(input, context);
  const budgetMs = budgets.capabilityMs ?? BUDGETS.capabilityMs;
  const place = `capability:${name}`;
  return new HookRun({ plugin, place, invoke, budgetMs, closed: false, writes: new Map(), fields: {} }, nowMs);
}
