import type { WireOperation } from '../contract/wire.ts';

export type RouteMatch = {
  readonly operation: WireOperation;
  /** Decoded `:name` segments of the path. */
  readonly params: ReadonlyMap<string, string>;
};

/** The operations of a wire, ready to be found by method and path. */
export type Routes = {
  readonly match: (method: string, path: string) => RouteMatch | null;
  /** Whether any operation, of whatever method, stands at this path. */
  readonly knows: (path: string) => boolean;
};

type Route = { readonly operation: WireOperation; readonly segments: readonly string[] };

const NO_PARAMS: ReadonlyMap<string, string> = new Map();

/** Compiles operations; a literal segment wins over a `:name`, then the earlier operation wins. */
export function compileRoutes(operations: readonly WireOperation[]): Routes {
  const literal = new Map<string, WireOperation>();
  const withParams: Route[] = [];
  for (const operation of operations) {
    const segments = operation.path.split('/');
    if (segments.some((segment) => segment.startsWith(':'))) withParams.push({ operation, segments });
    else literal.set(`${operation.method} ${operation.path}`, operation);
  }
  withParams.sort((a, b) => literals(b) - literals(a));

  const find = (method: string, path: string): RouteMatch | null => {
    const operation = literal.get(`${method} ${path}`);
    if (operation !== undefined) return { operation, params: NO_PARAMS };
    return withParams.length === 0 ? null : matchParams(withParams, method, path.split('/'));
  };

  return {
    // HEAD is GET without the body (RFC 9110 §9.3.2), so it is the same operation.
    match: (method, path) => find(method, path) ?? (method === 'HEAD' ? find('GET', path) : null),
    knows: (path) =>
      operations.some((operation) => operation.path === path) ||
      withParams.some((route) => paramsOf(route.segments, path.split('/')) !== null),
  };
}

function literals(route: Route): number {
  return route.segments.filter((segment) => !segment.startsWith(':')).length;
}

function matchParams(routes: readonly Route[], method: string, path: readonly string[]): RouteMatch | null {
  for (const { operation, segments } of routes) {
    if (operation.method !== method) continue;
    const params = paramsOf(segments, path);
    if (params !== null) return { operation, params };
  }
  return null;
}

function paramsOf(segments: readonly string[], path: readonly string[]): ReadonlyMap<string, string> | null {
  if (segments.length !== path.length) return null;
  const params = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const actual = path[index] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== actual) return null;
      continue;
    }
    const value = decodeSegment(actual);
    if (value === null || value === '') return null;
    params.set(segment.slice(1), value);
  }
  return params;
}

/** Percent-decodes one path segment; `null` when it is not UTF-8. */
export function decodeSegment(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
