import { listenText } from '../../contract/listen.ts';
import { canMeet, isLoopback } from '../addresses.ts';
import type { Draft } from '../draft.ts';
import { type Objection, quote } from '../problems.ts';

/** The admin API is for this machine alone, and the two ports are two. */
export function listenRules(draft: Draft): readonly Objection[] {
  return [...modeOfNothing(draft), ...tlsOnUnixSocket(draft), ...adminRules(draft)];
}

function modeOfNothing({ data, saysUnixMode }: Draft): readonly Objection[] {
  if (!saysUnixMode || data === null || 'unix' in data) return [];
  const message = `expected "data" to be a Unix socket where its permissions are given, got ${quote(listenText(data))}`;
  return [{ path: ['unixMode'], part: 'key', message }];
}

function tlsOnUnixSocket({ data, saysTls }: Draft): readonly Objection[] {
  if (!saysTls || data === null || !('unix' in data)) return [];
  const message = 'expected no TLS on a Unix socket: nobody but this machine can listen in';
  return [{ path: ['tls'], part: 'key', message }];
}

function adminRules({ data, admin }: Draft): readonly Objection[] {
  if (admin === null) return [];
  const at = { path: ['admin'], part: 'value' } as const;
  if (!isLoopback(admin.host)) {
    const message = `expected a loopback address, such as 127.0.0.1:${admin.port}, got the host ${quote(admin.host)} (the admin API must not be reachable from other machines)`;
    return [{ ...at, message }];
  }
  if (data === null || !canMeet(data, admin)) return [];
  return [{ ...at, message: `expected another port than the one of "data", got port ${admin.port} for both` }];
}
