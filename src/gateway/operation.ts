import type { WireOperation } from '../contract/wire.ts';

/** What stands for an operation that the wire does not list: its effect is that of its method (RFC 9110 §9.2.1). */
export function unlistedOperation(method: string): WireOperation {
  return UNLISTED.get(method) ?? newUnlisted(method);
}

function newUnlisted(method: string): WireOperation {
  const effect = isSafeMethod(method) ? 'read' : 'write';
  return { name: `unlisted_${METHODS.has(method) ? method.toLowerCase() : 'other'}`, method, path: '', effect };
}

export function isSafeMethod(method: string): boolean {
  return SAFE_METHODS.has(method);
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND']);
/** Names in reports are bounded: a client must not be able to invent them. */
const METHODS = new Set([...SAFE_METHODS, 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Made once: every call of such an operation gets the same. */
const UNLISTED = new Map([...METHODS].map((method) => [method, newUnlisted(method)]));
