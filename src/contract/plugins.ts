/**
 * What a plugin is: a name, the hooks it implements, what it writes there, its own state and config, and
 * the capabilities that callers invoke. `definePlugin` is all a plugin's file needs.
 */
import type { z } from 'zod';
import type { PluginHealth } from './health.ts';
import type { EmittableHook, HookEvents, HookName, HookOf, HookReturn, PatchField } from './hooks.ts';
import type { Kernel } from './kernel.ts';

/** Any zod schema. */
type Schema = z.ZodType;
type MaybePromise<T> = T | Promise<T>;

/**
 * How two plugins that write one field get along:
 * - `exclusive`: not at all; a second writer is an error at load
 * - `{ priority }`: the larger number wins, whatever the order
 * - a reducer: `min`, `max` (numbers, deadlines), `union` (lists of names), `merge` (records, key by key);
 *   it takes the caller's value in, so `min` can only lower it and `merge` only add to it
 * All writers of a field must agree: the same reducer, or different priorities.
 */
export type MergeRule = 'exclusive' | Reducer | { readonly priority: number };
export type Reducer = 'min' | 'max' | 'union' | 'merge';

export type Writes = { readonly [N in HookOf<'transform'>]?: { readonly [F in PatchField<N>]?: MergeRule } };

/** What happens to a call when the plugin throws, times out or is broken: it goes on, or it is vetoed. */
export type OnError = 'open' | 'closed';

/** Time a plugin may take. What is not given falls back to the hook table and `BUDGETS`. */
export type Budgets = {
  /** Of one call of a hook, in milliseconds. */
  readonly callMs?: { readonly [N in HookName]?: number };
  /** Share 0..1 of the event loop over the last ten seconds; above it the breaker opens. */
  readonly loopShareMax?: number;
  /** Of one call of a capability, in milliseconds. */
  readonly capabilityMs?: number;
};

export const BUDGETS = {
  /** What all plugins together may take of one operation, in milliseconds, unless the kernel's config says otherwise. */
  operationMs: 250,
  loopShareMax: 0.25,
  capabilityMs: 30_000,
  repeatMs: 5_000,
  initializeMs: 5_000,
  configChangedMs: 2_000,
  disposeMs: 2_000,
  /** Fetching a state that lives elsewhere, to keep it. */
  fetchStateMs: 2_000,
} as const;

/** What a hook or capability is handed besides its event. One per plugin; it outlives hot swaps of others. */
export type PluginContext<State, Config> = {
  /** The plugin's name. */
  readonly plugin: string;
  /** Its own state; a restore changes it in place, so references stay valid. */
  readonly state: State;
  readonly config: Config;
  /** Aborts when the plugin is unloaded or swapped. */
  readonly signal: AbortSignal;
  readonly kernel: PluginKernel;
  /** Epoch milliseconds, from the kernel's clock. */
  readonly now: () => number;
  /** Fires a hook that plugins may fire, for the kernel and all other plugins. */
  readonly emit: <N extends EmittableHook>(hook: N, event: HookEvents[N]) => void;
  /** Capabilities of a plugin that this one requires. */
  readonly use: <P extends AnyPlugin>(plugin: P) => CapabilitiesOf<P>;
  /** Runs `turn` every `everyMs` until the plugin goes; isolated and timed like a hook. */
  readonly repeat: (everyMs: number, turn: () => MaybePromise<void>) => void;
  /** Runs `turn` once after `delayMs`, unless the plugin goes first; isolated and timed like a hook. The answer calls it off. */
  readonly after: (delayMs: number, turn: () => MaybePromise<void>) => () => void;
  /**
   * Keeps work from an agent: it is handed no task until a moment (epoch milliseconds), and from then on one every
   * `everyMs`, until it is released, it stops, or the plugin is unloaded. Each plugin holds off for itself; what a
   * plugin says replaces what it said of the agent before. Both are cut to a day. Does not outlive the kernel.
   * @throws {RangeError} when they are not finite, or `everyMs` is not above 0
   */
  readonly holdOff: (agentId: string, untilMs: number, everyMs: number) => void;
  /** Work goes to an agent again that this plugin held off. */
  readonly release: (agentId: string) => void;
  /** Says that something is wrong: counted, and shown in the health report like what the kernel finds. */
  readonly finding: (message: string) => void;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;
};

export type HookFunctions<State, Config> = {
  readonly [N in HookName]?: (event: HookEvents[N], context: PluginContext<State, Config>) => HookReturn<N>;
};

/** A plugin's state as it is stored. */
export type SavedState = { readonly version: number; readonly state: unknown };

export type PluginState<State> = {
  /** Grows when the shape changes; a snapshot of another version goes through `migrate` or is refused. */
  readonly version: number;
  /** Plain objects, arrays, Map, Set, Date, primitives: what `structuredClone` copies. */
  readonly initial: () => State;
  readonly migrate?: (old: unknown, version: number) => State;
  /** For a state that lives elsewhere, in a worker: how to fetch and replace it. It migrates itself. */
  readonly elsewhere?: {
    readonly fetch: () => Promise<unknown>;
    readonly replace: (saved: SavedState) => Promise<void>;
  };
};

/** What callers ask of a plugin by name: `orchestrator.use(plugin).alerts(input)`. Checked on the way in. */
export type Capability = {
  readonly says: string;
  /** `z.undefined()`, or a schema that accepts it, where there is nothing to say. */
  readonly input: Schema;
  readonly output: Schema;
};
export type Capabilities = Readonly<Record<string, Capability>>;

/** One function for each capability. */
export type Serve<Caps extends Capabilities, State, Config> = {
  readonly [K in keyof Caps]: (
    input: z.output<Caps[K]['input']>,
    context: PluginContext<State, Config>,
  ) => MaybePromise<z.input<Caps[K]['output']>>;
};

/** The capabilities as callers see them. Rejects with BAD_INPUT, PLUGIN_GONE or what the plugin threw. */
export type Used<Caps extends Capabilities> = {
  readonly [K in keyof Caps]: undefined extends z.input<Caps[K]['input']>
    ? (input?: z.input<Caps[K]['input']>) => Promise<z.output<Caps[K]['output']>>
    : (input: z.input<Caps[K]['input']>) => Promise<z.output<Caps[K]['output']>>;
};

export type PluginDefinition<
  Name extends string = string,
  State = unknown,
  ConfigSchema extends Schema = Schema,
  Caps extends Capabilities = Capabilities,
> = {
  /** Unique, kebab-case. */
  readonly name: Name;
  /** Semantic version. */
  readonly version: string;
  readonly says: string;
  /** Plugins that must be loaded; they run before this one. */
  readonly requires?: readonly string[];
  /** Plugins that run after this one, where they are loaded. */
  readonly before?: readonly string[];
  /** Plugins that run before this one, where they are loaded. */
  readonly after?: readonly string[];
  /** Default `normal`. */
  readonly order?: 'pre' | 'normal' | 'post';
  readonly state?: PluginState<State>;
  /** Must accept `{}`: every setting has a default. */
  readonly config?: ConfigSchema;
  readonly writes?: Writes;
  /** For all hooks, or hook by hook. Default `open`. */
  readonly onError?: OnError | { readonly [N in HookName]?: OnError };
  readonly budgets?: Budgets;

  /**
   * Before the first hook. A throw leaves the plugin out and fails the load. After a restart the state is there
   * already: what it says is under way died with the last process.
   */
  readonly initialize?: (context: PluginContext<State, z.output<ConfigSchema>>) => MaybePromise<void>;
  /** `context.config` is already the new one. A throw puts the previous one back. */
  readonly on_config_changed?: (
    previous: z.output<ConfigSchema>,
    context: PluginContext<State, z.output<ConfigSchema>>,
  ) => MaybePromise<void>;
  /** After the last hook: release what `initialize` took. */
  readonly dispose?: (context: PluginContext<State, z.output<ConfigSchema>>) => MaybePromise<void>;

  readonly hooks: HookFunctions<State, z.output<ConfigSchema>>;
  readonly capabilities?: Caps;
  readonly serve?: Serve<Caps, State, z.output<ConfigSchema>>;
};

/** The operations of the kernel that plugins may call. */
export const PLUGIN_VERBS = [
  'spawnAgent',
  'shutdownAgent',
  'getAgent',
  'listAgents',
  'delegateTask',
  'cancelTask',
  'reassign',
  'getTask',
  'listTasks',
] as const satisfies readonly (keyof Kernel)[];
type PluginVerb = (typeof PLUGIN_VERBS)[number];

/** The kernel as a plugin has it. Every verb gives a promise, so that a plugin reads the same in a worker. */
export type PluginKernel = {
  readonly [V in PluginVerb]: (...args: Parameters<Kernel[V]>) => Promise<Awaited<ReturnType<Kernel[V]>>>;
};

/** A plugin in the health report, in full. */
export type PluginReport = PluginHealth & {
  readonly position: number;
  /** Calls of hooks that held the event loop beyond their budget. */
  readonly overruns: number;
  /** Calls not made: breaker open, promises pending, operation budget used up. */
  readonly skipped: number;
  readonly vetoes: number;
  /** Events lost because its queue was full. */
  readonly dropped: number;
  /** Events that wait to be observed. */
  readonly queued: number;
  /** Promises that it owes. */
  readonly unsettled: number;
  /** Share 0..1 of the event loop over the last ten seconds. */
  readonly loopShare: number;
  /** Hooks, capabilities and repeats that are left alone now. */
  readonly leftAlone: readonly string[];
};

/** A plugin of whatever state, config and capabilities. */
// biome-ignore lint/suspicious/noExplicitAny: state, config and capabilities vary; `any` is the one type all of them fit
export type AnyPlugin = PluginDefinition<string, any, any, any>;

/** What `use(plugin)` gives. */
export type CapabilitiesOf<P extends AnyPlugin> = P extends { readonly capabilities?: infer C extends Capabilities }
  ? Used<C>
  : never;

/** Types a plugin's functions from its state, config and capabilities; changes nothing. */
export function definePlugin<
  const Name extends string,
  State = undefined,
  ConfigSchema extends Schema = z.ZodObject,
  Caps extends Capabilities = Record<never, never>,
>(definition: PluginDefinition<Name, State, ConfigSchema, Caps>): PluginDefinition<Name, State, ConfigSchema, Caps> {
  return definition;
}
