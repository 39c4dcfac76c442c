import type { RawHeaders } from '../contract/calls.ts';
import type { Match } from '../contract/specs.ts';
import { headerValue } from '../wire/headers.ts';
import type { Routes } from '../wire/routes.ts';
import type { Target } from '../wire/target.ts';

/** The header by which any caller can name the type it means. */
export const TYPE_HEADER = 'x-orchestrator-type';

/** What of a type decides whether a request is its own. */
export type Claim = { readonly name: string; readonly match: Match; readonly routes: Routes };

/**
 * The type of a request: the one that the header names, else the first in the config's order that claims it.
 * Types without a match of their own claim `/<type>/` before any of them claims a route of its wire, so that a
 * shared route such as /api/agents never takes a request that names another type by its path.
 */
export function findType<T extends Claim>(types: readonly T[], headers: RawHeaders, target: Target): T | null {
  const named = headerValue(headers, TYPE_HEADER);
  return (
    types.find((type) => type.name === named && type.match.by === 'type') ??
    types.find((type) => claims(type, headers, target.path)) ??
    types.find((type) => type.match.by === 'type' && type.routes.knows(target.path)) ??
    null
  );
}

function claims({ name, match }: Claim, headers: RawHeaders, path: string): boolean {
  switch (match.by) {
    case 'type':
      return under(path, `/${name}`);
    case 'prefix':
      return under(path, match.prefix);
    case 'header':
      return headerValue(headers, match.name.toLowerCase()) === match.value;
    case 'host':
      return hostName(headerValue(headers, 'host')) === match.host.toLowerCase();
  }
}

/** `/billing` is over `/billing` and `/billing/x`, not over `/billings`. */
function under(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) && (prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/')
  );
}

function hostName(host: string | undefined): string | undefined {
  return host?.replace(/:\d+$/, '').toLowerCase();
}
