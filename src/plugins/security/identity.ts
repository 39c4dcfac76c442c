/** Who makes a call: by a credential, by the stamp of an earlier call, or by nothing but its own word. */
import { randomUUID } from 'node:crypto';
import { BanyanError } from '../../contract/errors.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import { record } from './audit.ts';
import { looksLikeJwt, verifyJwt } from './jwt.ts';
import { digestOf, newKey } from './secrets.ts';
import { BOUNDS, type Context, type Identity, type Session } from './state.ts';

/** What is known of a credential without asking anybody outside. `unknown`: a provider may know it. */
export type Verdict =
  | { readonly kind: 'good'; readonly identity: Identity }
  | { readonly kind: 'bad'; readonly error: string }
  | { readonly kind: 'unknown' };

/** `Bearer x`, or the bare `x`. */
export function bareToken(header: string): string {
  return /^bearer /i.test(header) ? header.slice('bearer '.length).trim() : header.trim();
}

export function verifyToken(token: string, context: Context): Verdict {
  const { config, now } = context;
  if (token === '') return { kind: 'bad', error: 'it is empty' };
  if (token.length > BOUNDS.tokenCharsMax) {
    hit(context.state.limitsHit, 'tokenCharsMax');
    return { kind: 'bad', error: `it is longer than ${BOUNDS.tokenCharsMax} characters` };
  }
  const digest = digestOf(token);
  const session = openSession(digest, context);
  if (session !== null) return good(session);
  const key = context.state.keys.get(digest);
  if (key !== undefined) {
    if (key.untilMs !== null && key.untilMs <= now()) return { kind: 'bad', error: 'the key has expired' };
    return good(begin(digest, { ...key, method: 'key', untilMs: key.untilMs, keyId: key.id }, context));
  }
  if (!looksLikeJwt(token)) return { kind: 'unknown' };
  const verdict = verifyJwt(token, config.jwt, now());
  if (!verdict.good) return { kind: 'bad', error: verdict.error };
  return good(begin(digest, { ...verdict, method: 'jwt', keyId: null }, context));
}

/** A credential that was found good is not looked at again for a while. */
export function begin(
  digest: string,
  found: Identity & { readonly untilMs: number | null; readonly keyId: string | null },
  { state, config, now }: Context,
): Session {
  const { principal, roles, scopes, method, keyId } = found;
  const untilMs = Math.min(found.untilMs ?? Number.POSITIVE_INFINITY, now() + config.sessionMs);
  const session: Session = { principal, roles, scopes, method, keyId, untilMs };
  state.counts.authentications++;
  hit(state.limitsHit, 'sessionsMax', setBounded(state.sessions, digest, session, BOUNDS.sessionsMax));
  return session;
}

export function forgetExpired({ state, now }: Context): void {
  for (const [digest, { untilMs }] of state.sessions) if (untilMs <= now()) state.sessions.delete(digest);
  for (const [key, { untilMs }] of state.blocked) if (untilMs !== null && untilMs <= now()) state.blocked.delete(key);
}

function openSession(digest: string, { state, now }: Context): Session | null {
  const session = state.sessions.get(digest);
  return session !== undefined && session.untilMs > now() ? session : null;
}

function good({ principal, roles, scopes, method }: Session): Verdict {
  return { kind: 'good', identity: { principal, roles, scopes, method } };
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────

type KeyRequest = Pick<Identity, 'principal' | 'roles' | 'scopes'> & {
  readonly forMs?: number | undefined;
  readonly by: string;
};

/** The key is told once; its hash is kept. @throws {BanyanError} OVERLOADED at `keysMax` */
export function issueKey({ principal, roles, scopes, forMs, by }: KeyRequest, context: Context) {
  const { state, now } = context;
  if (state.keys.size >= BOUNDS.keysMax) {
    hit(state.limitsHit, 'keysMax');
    throw new BanyanError('OVERLOADED', `${BOUNDS.keysMax} keys are issued already; revoke one first`);
  }
  const key = newKey();
  const id = randomUUID();
  const untilMs = forMs === undefined ? null : now() + forMs;
  state.keys.set(digestOf(key), { id, principal, roles, scopes, untilMs });
  record(
    { category: 'user_management', action: 'issue_key', success: true, principal, by, resource: `key/${id}` },
    context,
  );
  return { id, key, untilMs };
}

/** The key and all that it opened is worth nothing from now on. */
export function revokeKey(id: string, by: string, context: Context): boolean {
  const { keys, sessions } = context.state;
  const found = [...keys].find(([, key]) => key.id === id);
  if (found !== undefined) keys.delete(found[0]);
  for (const [digest, session] of sessions) if (session.keyId === id) sessions.delete(digest);
  const principal = found?.[1].principal ?? null;
  const success = found !== undefined;
  record({ category: 'user_management', action: 'revoke_key', success, principal, by, resource: `key/${id}` }, context);
  return success;
}
