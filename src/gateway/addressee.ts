import { BanyanError } from '../contract/errors.ts';
import { callerAddress, type Peer } from './forwarding.ts';
import { findType } from './match.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';
import { type RawRequest, type Refusal, type RequestHead, readHead } from './request-head.ts';

export type Addressee = {
  readonly head: RequestHead;
  readonly type: MigratedType;
  /** The caller's; `null` when its socket no longer has one. */
  readonly address: string | null;
};

export type Refused = {
  readonly refused: BanyanError;
  /** A head that cannot be trusted in one place is not trusted in the next: the connection ends. */
  readonly close: boolean;
};

/** Whom a request is for: its head, read once, the type that claims it, and who sent it. */
export function addressee(parts: GatewayParts, request: RawRequest, peer: Peer): Addressee | Refused {
  const head = readHead(request, parts.limits);
  if ('refused' in head) return refuse(parts, head.refused);
  const type = findType(parts.types, request.rawHeaders, head.target);
  if (type !== null) return { head, type, address: callerAddress(head.forwarding, peer, parts.trustedProxies) };
  parts.counters.add('unmatched');
  return { refused: new BanyanError('NO_TYPE', `no type claims ${head.method} ${head.target.path}`), close: false };
}

function refuse({ counters }: GatewayParts, { code, message }: Refusal): Refused {
  counters.add(code === 'BAD_TARGET' ? 'refused_targets' : 'refused_requests');
  return { refused: new BanyanError(code, message), close: true };
}
