import { createHmac, verify } from 'node:crypto';
import type { JwtConfig } from './config.ts';
import { isSame } from './secrets.ts';

type Claims = Readonly<Record<string, unknown>>;

export type JwtVerdict =
  | {
      readonly good: true;
      readonly principal: string;
      readonly roles: readonly string[];
      readonly scopes: readonly string[];
      readonly untilMs: number;
    }
  | { readonly good: false; readonly error: string };

export function looksLikeJwt(token: string): boolean {
  return token.startsWith('eyJ') && token.split('.').length === 3;
}

/** RFC 7519 with the advice of RFC 8725: the key says which algorithm, and a token must expire. */
export function verifyJwt(token: string, config: JwtConfig, nowMs: number): JwtVerdict {
  const [head = '', body = '', signature = ''] = token.split('.');
  const header = parsed(head);
  const claims = parsed(body);
  if (header === null || claims === null) return bad('it is no JWT');
  if (header.crit !== undefined) return bad('it has critical extensions that are not known here');
  const keys = config.keys.filter(
    ({ id, algorithm }) =>
      algorithm === header.alg && (header.kid === undefined || id === undefined || id === header.kid),
  );
  if (keys.length === 0) return bad('no key fits its header');
  if (!keys.some((key) => isSigned(`${head}.${body}`, signature, key))) return bad('its signature is wrong');
  return judged(claims, config, nowMs);
}

type Key = JwtConfig['keys'][number];

function isSigned(text: string, signature: string, { algorithm, key }: Key): boolean {
  if (algorithm === 'HS256') return isSame(createHmac('sha256', key).update(text).digest('base64url'), signature);
  const bytes = Buffer.from(signature, 'base64url');
  try {
    return verify('sha256', Buffer.from(text), algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key, bytes);
  } catch {
    // A key that is no PEM, or of another kind, signs nothing.
    return false;
  }
}

function judged(claims: Claims, { issuer, audience, skewMs }: JwtConfig, nowMs: number): JwtVerdict {
  const { sub, exp, nbf, iss, aud } = claims;
  if (typeof sub !== 'string' || sub === '') return bad('it does not say whom it stands for');
  if (typeof exp !== 'number') return bad('it does not say when it expires');
  if (exp * 1_000 + skewMs <= nowMs) return bad('it has expired');
  if (typeof nbf === 'number' && nbf * 1_000 - skewMs > nowMs) return bad('it is not valid yet');
  if (issuer !== undefined && iss !== issuer) return bad('somebody else issued it');
  if (audience !== undefined && ![aud].flat().includes(audience)) return bad('it is meant for somebody else');
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : claims.scopes;
  return {
    good: true,
    principal: sub,
    roles: textsIn(claims.roles),
    scopes: textsIn(scopes),
    untilMs: exp * 1_000 + skewMs,
  };
}

function parsed(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string' && item !== '').slice(0, 100) : [];
}

function bad(error: string): JwtVerdict {
  return { good: false, error };
}
