import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import type { AnyPlugin, CapabilitiesOf, Capability } from '../../contract/plugins.ts';
import { accountTurn, isThenable } from './call.ts';
import { problemsIn } from './config.ts';
import type { Engine } from './engine.ts';
import { messageOf } from './findings.ts';
import type { HookRun } from './hook-run.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';

/** Finds the plugin that has a name now: a swap between two calls is not noticed by whoever holds `use(...)`. */
type Find = (name: string) => LoadedPlugin | undefined;

/** The capabilities of a plugin as functions. Throws PLUGIN_GONE when it is not loaded. */
export function capabilitiesOf<P extends AnyPlugin>(engine: Engine, find: Find, plugin: P): CapabilitiesOf<P> {
  const { name, capabilities = {} } = plugin;
  if (find(name) === undefined) throw gone(name);
  const functions = Object.keys(capabilities).map((capability) => [
    capability,
    (input: unknown) => callCapability(engine, find(name) ?? null, name, capability, input),
  ]);
  return Object.freeze(Object.fromEntries(functions));
}

async function callCapability(
  engine: Engine,
  plugin: LoadedPlugin | null,
  name: string,
  capability: string,
  input: unknown,
): Promise<unknown> {
  const run = plugin?.capabilities.get(capability);
  if (plugin === null || run === undefined) throw gone(`${name}.${capability}`);
  const declared: Capability = plugin.definition.capabilities[capability];
  const checked = declared.input.safeParse(input);
  if (!checked.success) throw new BanyanError('BAD_INPUT', `${name}.${capability}: ${problemsIn(checked.error)}`);
  const served = plugin.serve();
  try {
    return checkAnswer(name, capability, declared.output, await answerOf(engine, run, checked.data));
  } catch (error) {
    run.errors++;
    if (error instanceof BanyanError) throw error;
    throw new BanyanError('PLUGIN_FAILED', `${name}.${capability}: ${messageOf(error)}`, { cause: error });
  } finally {
    served();
  }
}

/** Unlike a hook's, a capability's throw goes to the caller, who asked for it. */
async function answerOf(engine: Engine, run: HookRun, input: unknown): Promise<unknown> {
  const startedMs = engine.stopwatch.nowMs();
  run.calls++;
  try {
    const answer = turnOf(engine, run, input, startedMs);
    return isThenable(answer) ? await inTime(engine, run, answer, startedMs) : answer;
  } finally {
    const endedMs = engine.stopwatch.nowMs();
    run.durations.record(endedMs - startedMs, endedMs);
  }
}

function turnOf(engine: Engine, run: HookRun, input: unknown, startedMs: number): unknown {
  engine.loopWatch?.enter(run.plugin.watchId);
  try {
    return run.invoke(input, run.plugin.context);
  } finally {
    engine.loopWatch?.leave();
    const endedMs = engine.stopwatch.nowMs();
    accountTurn(engine, run, endedMs - startedMs, endedMs);
  }
}

async function inTime(engine: Engine, run: HookRun, answer: PromiseLike<unknown>, startedMs: number): Promise<unknown> {
  const entry = engine.unsettled.add(run.plugin, run.place, startedMs);
  const late = Promise.withResolvers<never>();
  const cancelTimer = engine.stopwatch.after(run.budgetMs, () => {
    entry.givenUp = true;
    run.timeouts++;
    late.reject(new Error(`no answer after ${run.budgetMs} ms`));
  });
  answer.then(entry.settled, entry.settled);
  return Promise.race([answer, late.promise]).finally(cancelTimer);
}

function checkAnswer(name: string, capability: string, schema: z.ZodType, answer: unknown): unknown {
  const checked = schema.safeParse(answer);
  if (checked.success) return checked.data;
  throw new BanyanError('PLUGIN_FAILED', `${name}.${capability} answered: ${problemsIn(checked.error)}`);
}

function gone(what: string): BanyanError {
  return new BanyanError('PLUGIN_GONE', `${what} is not loaded`);
}
