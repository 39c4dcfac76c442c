/** From a request to the reply that the legacy service would give. */
import { INTERNAL_ERROR, methodNotAllowed, NOT_FOUND } from '../../adapters/support/rest.ts';
import { noSuchMethod, unexpectedError } from '../../adapters/support/rpc.ts';
import type { Operation, OperationRequest, Reply } from '../contract/adapter.ts';
import { compileRoutes, decodeSegment } from '../wire/routes.ts';
import type { ServedType } from './served.ts';

export type HostRequest = {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The header `x-orchestrator-type`. */
  readonly typeHeader: string | undefined;
  readonly body: Uint8Array;
};

/** The type a request is for: the one its header names, else the one of its RPC prefix, else the first whose wire knows its path. */
export function typeOf(
  types: readonly ServedType[],
  { typeHeader, path }: Pick<HostRequest, 'typeHeader' | 'path'>,
): ServedType | null {
  return (
    types.find(({ adapter }) => adapter.type === typeHeader) ??
    types.find(({ adapter }) => path.startsWith(`/${adapter.type}/`)) ??
    types.find(({ routes }) => routes.knows(path)) ??
    null
  );
}

/** Never throws: what an operation did not foresee goes to `onUnexpected` and is answered as a 500. */
export async function answer(
  served: ServedType | null,
  request: HostRequest,
  onUnexpected: (error: unknown) => void,
): Promise<Reply> {
  if (served === null) return NOT_FOUND;
  const found = find(served, request);
  if ('refusal' in found) return found.refusal;
  const { name, operation, params } = found;
  try {
    return await operation({ params, query: request.query, body: request.body });
  } catch (error) {
    onUnexpected(error);
    return Object.hasOwn(served.adapter.methods, name) ? unexpectedError(error) : INTERNAL_ERROR;
  }
}

type Found =
  | { readonly name: string; readonly operation: Operation; readonly params: OperationRequest['params'] }
  | { readonly refusal: Reply };

function find(served: ServedType, { method, path }: HostRequest): Found {
  const match = served.routes.match(method, path);
  // The legacy frameworks answer no HEAD for a GET route.
  if (match !== null && match.operation.method === method) return named(served, match.operation.name, match.params);

  const rpcName = rpcNameOf(served, path);
  if (rpcName !== null) return method === 'POST' ? rpcCall(served, rpcName) : { refusal: methodNotAllowed(['POST']) };
  return { refusal: served.routes.knows(path) ? methodNotAllowed(methodsAt(served, path)) : NOT_FOUND };
}

/** A method of the class, reached by a percent-encoded name, or no method at all. */
function rpcCall(served: ServedType, name: string): Found {
  const isMethod = Object.hasOwn(served.adapter.methods, name);
  return isMethod ? named(served, name, new Map()) : { refusal: noSuchMethod(served.adapter, name) };
}

function named({ operations }: ServedType, name: string, params: OperationRequest['params']): Found {
  const operation = operations.get(name);
  return operation === undefined ? { refusal: NOT_FOUND } : { name, operation, params };
}

/** `x` of `/<type>/x`. */
function rpcNameOf({ adapter }: ServedType, path: string): string | null {
  const prefix = `/${adapter.type}/`;
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return rest === '' || rest.includes('/') ? null : decodeSegment(rest);
}

function methodsAt({ adapter }: ServedType, path: string): readonly string[] {
  const here = adapter.wire.operations.filter((operation) => compileRoutes([operation]).knows(path));
  return [...new Set(here.map(({ method }) => method))];
}
