import { BanyanError } from '../../contract/errors.ts';
import { BUDGETS } from '../../contract/plugins.ts';
import { readConfig } from './config.ts';
import type { Engine } from './engine.ts';
import { messageOf } from './findings.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';
import type { HookTable } from './table.ts';

/** How long a plugin that was replaced or unloaded may still be in use, in milliseconds. */
export const drainMsMax = 10_000;

/** @throws PLUGIN_FAILED */
export async function initialize(engine: Engine, plugin: LoadedPlugin): Promise<void> {
  const { definition, context } = plugin;
  await run(engine, plugin, 'initialize', BUDGETS.initializeMs, () => definition.initialize?.(context));
}

/** @throws PLUGIN_INVALID, PLUGIN_FAILED; the previous config stands then */
export async function applyConfig(engine: Engine, plugin: LoadedPlugin, given: unknown): Promise<void> {
  const { definition, context } = plugin;
  const previous = plugin.config;
  plugin.config = readConfig(definition, given);
  const told = () => definition.on_config_changed?.(previous, context);
  await run(engine, plugin, 'on_config_changed', BUDGETS.configChangedMs, told).catch((error) => {
    plugin.config = previous;
    throw error;
  });
}

/** The plugin is to be replaced: it is told no further event, so that its state holds what it was told and no more. */
export async function hold(engine: Engine, plugin: LoadedPlugin): Promise<void> {
  if ((await inTime(engine, drainMsMax, plugin.queue.suspend())) === 'late')
    engine.findings.add(plugin.name, 'swap', 'drain_timed_out', `what it is told took more than ${drainMsMax} ms`);
}

/**
 * Waits until nobody uses these plugins any more, or the time is up.
 *
 * @param tables those that operations may still use
 */
export async function drain(
  engine: Engine,
  leaving: readonly LoadedPlugin[],
  tables: Iterable<HookTable>,
): Promise<void> {
  for (const plugin of leaving) plugin.repeats.stop();
  const idle = () => Promise.all(leaving.flatMap((plugin) => [plugin.queue.empty(), plugin.served()]));
  const unused = Promise.all(Array.from(tables, (table) => table.unused())).then(idle);
  if ((await inTime(engine, drainMsMax, unused)) === 'in time') return;
  for (const { name } of leaving) engine.findings.add(name, 'drain', 'drain_timed_out', `after ${drainMsMax} ms`);
}

/** Never throws: what is wrong is a finding. */
export async function disposeOf(engine: Engine, plugin: LoadedPlugin): Promise<void> {
  const { definition, context } = plugin;
  plugin.stop();
  engine.holding.releaseAll(plugin);
  await run(engine, plugin, 'dispose', BUDGETS.disposeMs, () => definition.dispose?.(context)).catch((error) =>
    engine.findings.add(plugin.name, 'dispose', 'dispose_failed', messageOf(error)),
  );
}

async function run(
  engine: Engine,
  plugin: LoadedPlugin,
  step: string,
  budgetMs: number,
  call: () => unknown,
): Promise<void> {
  const fail = (message: string, cause?: unknown) =>
    new BanyanError('PLUGIN_FAILED', `plugin ${plugin.name}, ${step}: ${message}`, { cause });
  const called = (async () => call())().catch((error: unknown) => {
    throw error instanceof BanyanError ? error : fail(messageOf(error), error);
  });
  if ((await inTime(engine, budgetMs, called)) === 'late') throw fail(`not done after ${budgetMs} ms`);
}

/** Whether work was done before the time was up. Rejects as the work does. */
export async function inTime(
  { stopwatch }: Pick<Engine, 'stopwatch'>,
  ms: number,
  work: Promise<unknown>,
): Promise<'in time' | 'late'> {
  const late = Promise.withResolvers<'late'>();
  const cancelTimer = stopwatch.after(ms, () => late.resolve('late'));
  return Promise.race([work.then(() => 'in time' as const), late.promise]).finally(cancelTimer);
}
