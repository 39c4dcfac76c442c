import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import { hit } from '../parts/bounded.ts';
import { wait } from './live.ts';
import type { failureInput, Simulated } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';
import { trace } from './traces.ts';

/** Lets something fail for a while. @throws {BanyanError} BAD_INPUT where the config does not allow it, OVERLOADED */
export function simulateFailure(input: z.output<typeof failureInput>, context: Context): Simulated {
  const { state, config, now } = context;
  const { component, failure, durationMs, delayMs } = input;
  if (!config.simulateFailures) {
    throw new BanyanError(
      'BAD_INPUT',
      'failures are not simulated here: set simulateFailures in the config of development',
    );
  }
  forgetOver(context);
  if (state.failures.size >= BOUNDS.failuresMax) {
    hit(state.limitsHit, 'failuresMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.failuresMax} failures are simulated already; end one first`);
  }
  const simulated: Simulated = {
    id: `failure-${++state.serial}`,
    component,
    failure,
    delayMs,
    untilMs: now() + durationMs,
  };
  state.failures.set(simulated.id, simulated);
  trace('failure_simulation', { facts: { component, failure, durationMs } }, context);
  return simulated;
}

/** Why a call is to be refused; `null`: it is not. */
export function refusalOf(components: readonly string[], context: Context): string | null {
  const found = failuresOf(components, context).find(({ failure }) => failure === 'refuse');
  return found === undefined ? null : `a simulated failure of ${found.component}`;
}

/** Delays, and throws, as the failures of these components say. */
export async function suffer(components: readonly string[], context: Context, stop?: AbortSignal): Promise<void> {
  const failures = failuresOf(components, context);
  const delays = failures.filter(({ failure }) => failure === 'delay').map(({ delayMs }) => delayMs);
  await wait(Math.max(0, ...delays), context, stop);
  const broken = failures.find(({ failure }) => failure === 'error');
  if (broken !== undefined) throw new Error(`a simulated failure of ${broken.component}`);
}

export function activeFailures(context: Context): readonly Simulated[] {
  forgetOver(context);
  return [...context.state.failures.values()];
}

function failuresOf(components: readonly string[], context: Context): readonly Simulated[] {
  if (context.state.failures.size === 0) return [];
  return activeFailures(context).filter(({ component }) => components.includes(component));
}

function forgetOver({ state, now }: Context): void {
  for (const [id, { untilMs }] of state.failures) if (untilMs <= now()) state.failures.delete(id);
}
