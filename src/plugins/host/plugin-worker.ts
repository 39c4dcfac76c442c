/**
 * A third-party plugin's worker: loads its module and answers for it. The plugin gets the same context as one
 * that runs in the kernel's process; what it asks of the kernel travels.
 */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { BanyanError } from '../../contract/errors.ts';
import {
  type AnyPlugin,
  type CapabilitiesOf,
  PLUGIN_VERBS,
  type PluginKernel,
  type SavedState,
} from '../../contract/plugins.ts';
import { systemClock } from '../../kernel/clock.ts';
import { capabilitiesOf } from '../../kernel/hooks/capabilities.ts';
import { checkDefinition, implementedHooks } from '../../kernel/hooks/check.ts';
import type { Engine } from '../../kernel/hooks/engine.ts';
import { Findings, messageOf } from '../../kernel/hooks/findings.ts';
import { freezeDeep } from '../../kernel/hooks/freeze.ts';
import { applyConfig } from '../../kernel/hooks/lifecycle.ts';
import { LoadedPlugin } from '../../kernel/hooks/loaded-plugin.ts';
import { clearState, replaceState, savedStateOf } from '../../kernel/hooks/state.ts';
import { systemStopwatch } from '../../kernel/hooks/stopwatch.ts';
import { UnsettledHooks } from '../../kernel/hooks/unsettled.ts';
import type { Asked, AskedBack, Manifest, PeerMessage, WorkerOrders } from './messages.ts';
import { Peer } from './peer.ts';

if (parentPort === null) throw new Error('this file is run as a worker');
const port = parentPort;
const { file } = workerData as WorkerOrders;

const peer = new Peer<AskedBack>((message) => port.postMessage(message), {
  call: (verb, body) => ANSWERS[verb as keyof Asked](body as never),
  note: () => {},
});
const engine = engineOver(peer);
let definition: AnyPlugin | null = null;
let loaded: LoadedPlugin | null = null;

const ANSWERS: { readonly [V in keyof Asked]: (body: Asked[V]['body']) => unknown } = {
  describe: async () => {
    const module = (await import(pathToFileURL(file).href)) as { readonly plugin?: AnyPlugin };
    if (module.plugin === undefined)
      throw new BanyanError('PLUGIN_INVALID', `${file} exports no plugin: export const plugin = ...`);
    checkDefinition(module.plugin);
    definition = module.plugin;
    return manifestOf(definition);
  },
  initialize: async ({ config, saved }) => {
    if (definition === null) throw new Error('it was not described');
    loaded = new LoadedPlugin(engine, definition, config);
    if (saved !== null) await beginWith(loaded, saved);
    await definition.initialize?.(loaded.context);
    return null;
  },
  configure: async ({ config }) => {
    await applyConfig(engine, running(), config);
    return null;
  },
  dispose: async () => {
    const plugin = running();
    plugin.stop();
    await plugin.definition.dispose?.(plugin.context);
    return null;
  },
  hook: ({ hook, event }) => {
    const plugin = running();
    return plugin.hooks.get(hook)?.invoke(freezeDeep(event), plugin.context);
  },
  serve: ({ capability, input }) => {
    const plugin = running();
    const capabilities: Record<string, (input: unknown) => unknown> = capabilitiesOf(
      engine,
      () => plugin,
      plugin.definition,
    );
    return capabilities[capability]?.(input);
  },
  fetch_state: async () => (await savedStateOf(running()))?.state,
  replace_state: async (saved) => {
    await replaceState(running(), saved);
    return null;
  },
};

port.on('message', (message: PeerMessage | 'ping') => {
  if (message === 'ping') port.postMessage('pong');
  else peer.receive(message);
});

/** As in the kernel's process, it begins anew when its kept state cannot be put back. */
async function beginWith(plugin: LoadedPlugin, saved: SavedState): Promise<void> {
  try {
    await replaceState(plugin, saved);
  } catch (error) {
    engine.findings.add(plugin.name, 'state', 'state_refused', messageOf(error));
    clearState(plugin);
  }
}

function running(): LoadedPlugin {
  if (loaded === null) throw new Error('it was not initialised');
  return loaded;
}

function manifestOf(plugin: AnyPlugin): Manifest {
  const { capabilities = {}, state } = plugin;
  const described = Object.keys(capabilities).map((name) => [name, { says: capabilities[name].says }]);
  return {
    ...declarationsOf(plugin),
    hooks: implementedHooks(plugin),
    stateVersion: state?.version ?? null,
    capabilities: Object.fromEntries(described),
  };
}

type Declarations = Omit<Manifest, 'hooks' | 'stateVersion' | 'capabilities'>;

/** What travels as it is: a definition's functions and schemas do not. */
function declarationsOf({
  name,
  version,
  says,
  requires,
  before,
  after,
  order,
  writes,
  onError,
  budgets,
}: AnyPlugin): Declarations {
  const parts = { name, version, says, requires, before, after, order, writes, onError, budgets };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Declarations;
}

function engineOver(kernel: Peer<AskedBack>): Engine {
  const verbs = PLUGIN_VERBS.map((verb) => [
    verb,
    (...args: readonly unknown[]) => kernel.call('kernel', { verb, args }),
  ]);
  return {
    stopwatch: systemStopwatch,
    clock: systemClock,
    findings: new Findings(systemClock.now, (finding) => kernel.note('finding', finding)),
    unsettled: new UnsettledHooks(),
    loopWatch: null,
    kernel: Object.fromEntries(verbs) as PluginKernel,
    limitHit: () => {},
    holding: {
      holdOff: (_plugin, agentId, untilMs, everyMs) => kernel.note('hold_off', { agentId, untilMs, everyMs }),
      release: (_plugin, agentId) => kernel.note('release', { agentId }),
      releaseAll: () => {},
      handOver: () => {},
    },
    log: (_plugin, level, message, facts) => kernel.note('log', { level, message, facts }),
    emit: (_plugin, hook, event) => kernel.note('emit', { hook, event }),
    use: (plugin) => remoteCapabilities(kernel, plugin),
  };
}

function remoteCapabilities<P extends AnyPlugin>(kernel: Peer<AskedBack>, plugin: P): CapabilitiesOf<P> {
  const functions = Object.keys(plugin.capabilities ?? {}).map((capability) => [
    capability,
    (input: unknown) => kernel.call('use', { plugin: plugin.name, capability, input }),
  ]);
  return Object.fromEntries(functions);
}
