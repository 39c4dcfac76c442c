import { z } from 'zod';
import { type EmittableHook, HOOKS } from '../../contract/hooks.ts';
import { type AnyPlugin, PLUGIN_VERBS, type PluginContext, type PluginState } from '../../contract/plugins.ts';
import type { AskedBack, Manifest } from './messages.ts';
import type { Serving } from './peer.ts';
import type { RemoteWorker } from './remote-worker.ts';

type Context = PluginContext<unknown, unknown>;

/** A definition that the kernel loads like any other; its functions ask the worker. */
export function remotePlugin(
  manifest: Manifest,
  worker: RemoteWorker,
  setContext: (context: Context) => void,
): AnyPlugin {
  const { hooks, stateVersion, capabilities, ...parts } = manifest;
  const names = Object.keys(capabilities);
  const definition: AnyPlugin = {
    ...parts,
    // Checked by the plugin's own schema, in its worker, when it is initialised.
    config: z.unknown(),
    initialize: async (context) => {
      setContext(context);
      await worker.initialize(context.config);
    },
    on_config_changed: (_previous, context) => worker.configure(context.config),
    dispose: () => worker.dispose(),
    hooks: Object.fromEntries(hooks.map((hook) => [hook, (event: unknown) => worker.ask('hook', { hook, event })])),
    capabilities: Object.fromEntries(
      names.map((name) => [name, { ...capabilities[name], input: z.unknown(), output: z.unknown() }]),
    ),
    serve: Object.fromEntries(
      names.map((capability) => [capability, (input: unknown) => worker.ask('serve', { capability, input })]),
    ),
  };
  return stateVersion === null ? definition : { ...definition, state: stateElsewhere(worker, stateVersion) };
}

function stateElsewhere(worker: RemoteWorker, version: number): PluginState<unknown> {
  return {
    version,
    initial: () => undefined,
    elsewhere: { fetch: () => worker.fetchState(version), replace: (saved) => worker.replaceState(saved) },
  };
}

/** Notes (events, logs, findings, agents held off) of one worker that are taken in a second; the rest is dropped and counted. */
export const notesPerSecondMax = 1_000;

/** What a worker may ask of the kernel: what a plugin in the kernel's process may ask of its context. */
export function servingOf(
  contextNow: () => Context | null,
  nowMs: () => number,
): Serving & { readonly dropped: () => number } {
  let second = 0;
  let taken = 0;
  let dropped = 0;
  const mayTake = (): boolean => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) [second, taken] = [now, 0];
    if (taken++ < notesPerSecondMax) return true;
    dropped++;
    return false;
  };
  return {
    dropped: () => dropped,
    call: (verb, body) => {
      if (!Object.hasOwn(CALLS, verb)) throw new Error(`there is nothing to ask for by ${verb}`);
      return CALLS[verb as keyof AskedBack](contextOf(contextNow), body as never);
    },
    note: (verb, body) => {
      const context = contextNow();
      if (context !== null && mayTake()) take(context, verb, body);
    },
  };
}

/** A note that makes no sense is the plugin's failure, and must not become the kernel's. */
function take(context: Context, verb: string, body: unknown): void {
  try {
    if (Object.hasOwn(NOTES, verb)) NOTES[verb as keyof typeof NOTES](context, body as never);
    else context.log('warn', `its worker sent a note of no known kind: ${verb}`);
  } catch (error) {
    context.log('warn', `its worker sent a note that makes no sense: ${verb}`, { error });
  }
}

function contextOf(contextNow: () => Context | null): Context {
  const context = contextNow();
  if (context === null) throw new Error('the plugin is not loaded');
  return context;
}

const CALLS: { readonly [V in keyof AskedBack]: (context: Context, body: AskedBack[V]['body']) => unknown } = {
  kernel: (context, { verb, args }) => {
    const known = PLUGIN_VERBS.find((name) => name === verb);
    if (known === undefined) throw new Error(`plugins may not ask for ${verb}`);
    return (context.kernel[known] as (...args: readonly unknown[]) => unknown)(...args);
  },
  use: (context, { plugin, capability, input }) => {
    const named = { name: plugin, capabilities: { [capability]: true } } as unknown as AnyPlugin;
    const capabilities: Record<string, (input: unknown) => unknown> = context.use(named);
    return capabilities[capability]?.(input);
  },
};

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const NOTES = {
  log: (
    context: Context,
    { level, message, facts }: { level: string; message: string; facts: Record<string, unknown> },
  ) => context.log(LEVELS.find((known) => known === level) ?? 'info', String(message), facts),
  emit: (context: Context, { hook, event }: { hook: EmittableHook; event: never }) => {
    if (Object.hasOwn(HOOKS, hook) && (HOOKS[hook].firedBy as string) !== 'kernel') context.emit(hook, event);
    else context.log('warn', `it tried to fire ${hook}, which plugins do not fire`);
  },
  hold_off: (context: Context, said: { agentId: string; untilMs: number; everyMs: number }) =>
    context.holdOff(said.agentId, said.untilMs, said.everyMs),
  release: (context: Context, { agentId }: { agentId: string }) => context.release(agentId),
  finding: (context: Context, { place, kind, message }: { place: string; kind: string; message: string }) =>
    context.finding(kind === 'reported' ? String(message) : `in its worker, ${place} ${kind}: ${message}`),
} as const;
