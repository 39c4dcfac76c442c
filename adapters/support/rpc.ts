/**
 * The RPC that all types share: `POST /<type>/<method>` with named arguments as a JSON object, answered with
 * `{"result": ...}` or `{"error": {"type", "message", "details"}}`.
 */
import { type Adapter, LegacyError, type Operation, type Reply } from '../../src/contract/adapter.ts';
import { readArguments } from './arguments.ts';
import { repr } from './python.ts';

type LegacyMethod = (this: object, bound: object) => Promise<unknown>;

/** One operation for every method of an adapter, over its opened legacy object. */
export function rpcOperations(adapter: Adapter, legacy: object): ReadonlyMap<string, Operation> {
  const names = Object.keys(adapter.methods);
  return new Map(names.map((name) => [name, rpcOperation(adapter, legacy, name)]));
}

/** What Python says of a method that the class does not have. */
export function noSuchMethod(adapter: Adapter, name: string): Reply {
  return errorReply(
    404,
    new LegacyError('AttributeError', `${repr(adapter.className)} object has no attribute ${repr(name)}`),
  );
}

/** The reply to a defect: an exception that no contract names. */
export function unexpectedError(error: unknown): Reply {
  return errorReply(500, new LegacyError('Exception', error instanceof Error ? error.message : String(error)));
}

function rpcOperation(adapter: Adapter, legacy: object, name: string): Operation {
  const method = (legacy as Record<string, LegacyMethod | undefined>)[name];
  const signature = adapter.methods[name];
  if (method === undefined || signature === undefined) {
    throw new TypeError(`adapters/${adapter.type}: the opened object has no method ${name}`);
  }
  return async ({ body }) => {
    try {
      const bound = readArguments(`${adapter.className}.${name}`, signature, body);
      return { status: 200, body: { result: await method.call(legacy, bound) } };
    } catch (error) {
      if (error instanceof LegacyError) return errorReply(statusOf(adapter, error), error);
      throw error;
    }
  };
}

const ARGUMENT_ERRORS: readonly string[] = ['TypeError', 'ValueError'];

function statusOf(adapter: Adapter, error: LegacyError): number {
  if (Object.hasOwn(adapter.errors, error.type)) return adapter.errors[error.type] ?? 500;
  return ARGUMENT_ERRORS.includes(error.type) ? 422 : 500;
}

function errorReply(status: number, { type, message, details }: LegacyError): Reply {
  return { status, body: { error: { type, message, details } } };
}
