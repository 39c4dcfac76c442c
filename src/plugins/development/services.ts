import { BanyanError } from '../../contract/errors.ts';
import { hit } from '../parts/bounded.ts';
import { suffer } from './failures.ts';
import { wait } from './live.ts';
import { BOUNDS, type Context, type Service } from './state.ts';
import { detail, trace } from './traces.ts';

type Answer = (input: unknown) => unknown;

/** Stand-ins for what the legacy sandbox mocks. They answer by what they are asked, always the same. */
const BUILT_IN = {
  anthropic: {
    messages: (input) => ({ role: 'assistant', content: [{ type: 'text', text: `A plan for: ${promptIn(input)}` }] }),
  },
  openai: {
    chat: (input) => ({ choices: [{ message: { role: 'assistant', content: `A plan for: ${promptIn(input)}` } }] }),
  },
  github: { create_pull_request: (input) => ({ number: 1, state: 'open', title: promptIn(input) }) },
} as const satisfies Record<string, Record<string, Answer>>;

/** Sets or replaces a service. @throws {BanyanError} OVERLOADED */
export function mockService(name: string, service: Service, { state }: Context): void {
  if (!state.services.has(name) && state.services.size >= BOUNDS.servicesMax) {
    hit(state.limitsHit, 'servicesMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.servicesMax} services are mocked already`);
  }
  state.services.set(name, service);
}

/** @throws {BanyanError} BAD_INPUT for what is not mocked, and what a simulated failure throws */
export async function callService(name: string, operation: string, input: unknown, context: Context): Promise<unknown> {
  const { state } = context;
  const answer = answerOf(name, operation, context);
  state.serviceCalls.set(name, (state.serviceCalls.get(name) ?? 0) + 1);
  await wait(state.services.get(name)?.delayMs ?? 0, context);
  try {
    await suffer(['services', `service:${name}`], context);
  } catch (error) {
    trace('service_failed', { facts: { service: name, operation } }, context);
    throw error;
  }
  const answered = answer(input);
  trace('service_called', { facts: { service: name, operation, input: detail(input, context) } }, context);
  return answered;
}

export function servicesOf({ state }: Context) {
  return [...new Set([...Object.keys(BUILT_IN), ...state.services.keys()])].map((name) => ({
    name,
    operations: operationsOf(name, state.services.get(name)),
    calls: state.serviceCalls.get(name) ?? 0,
  }));
}

/** What was mocked at run time stands before what is built in. */
function answerOf(name: string, operation: string, context: Context): Answer {
  const mocked = context.state.services.get(name);
  if (mocked !== undefined && Object.hasOwn(mocked.answers, operation)) return () => mocked.answers[operation];
  const builtIn = builtInOf(name);
  if (Object.hasOwn(builtIn, operation)) return builtIn[operation] as Answer;
  const operations = operationsOf(name, mocked);
  const known = operations.length === 0 ? 'no service of this name is mocked' : `it has ${operations.join(', ')}`;
  throw new BanyanError('BAD_INPUT', `there is no mocked ${name}.${operation}: ${known}`);
}

function operationsOf(name: string, mocked: Service | undefined): string[] {
  return [...new Set([...Object.keys(builtInOf(name)), ...Object.keys(mocked?.answers ?? {})])];
}

function builtInOf(name: string): Readonly<Record<string, Answer>> {
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name as keyof typeof BUILT_IN] : {};
}

function promptIn(input: unknown): string {
  const { prompt, title } = (typeof input === 'object' && input !== null ? input : {}) as Record<string, unknown>;
  return String(prompt ?? title ?? '').slice(0, 500);
}
