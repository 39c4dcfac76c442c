import type { IncomingMessage } from 'node:http';
import { BanyanError } from '../contract/errors.ts';
import { parseTarget, type Target } from '../wire/target.ts';
import { findType } from './match.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';

export type Addressee = { readonly target: Target; readonly type: MigratedType };

/** Whom a request is for: its target, checked once, and the type that claims it. */
export function addressee(parts: GatewayParts, request: IncomingMessage): Addressee | BanyanError {
  const target = parseTarget(request.url ?? '');
  if ('refused' in target) {
    parts.counters.add('refused_targets');
    return new BanyanError('BAD_TARGET', `the request target is refused: ${target.refused}`);
  }
  const type = findType(parts.types, request.rawHeaders, target);
  if (type !== null) return { target, type };
  parts.counters.add('unmatched');
  return new BanyanError('NO_TYPE', `no type claims ${request.method} ${target.path}`);
}
