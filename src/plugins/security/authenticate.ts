import type { z } from 'zod';
import { record } from './audit.ts';
import { bareToken, verifyToken } from './identity.ts';
import { introspect } from './oauth.ts';
import type { Authentication, authenticateInput } from './shapes.ts';
import type { Context } from './state.ts';
import { noteAuthFailure } from './threats.ts';

/** Judges a credential: by what is known here, else by asking the OAuth providers. */
export async function authenticate(
  input: z.output<typeof authenticateInput>,
  context: Context,
): Promise<Authentication> {
  const { source = null, requiredScopes } = input;
  const token = bareToken(input.token);
  const known = verifyToken(token, context);
  const verdict = known.kind === 'unknown' ? await introspect(token, context) : known;
  if (verdict.kind !== 'good')
    return refuse(verdict.kind === 'bad' ? verdict.error : 'nobody knows it', source, null, context);
  const { principal: id, roles, scopes, method } = verdict.identity;
  const lacking = requiredScopes.filter((scope) => !scopes.includes(scope));
  if (lacking.length > 0) return refuse(`it lacks the scope ${lacking.join(', ')}`, source, id, context);
  record(
    { category: 'authentication', action: 'authenticate', success: true, principal: id, source, detail: { method } },
    context,
  );
  return { authenticated: true, user: { id, roles: [...roles], scopes: [...scopes] }, method };
}

function refuse(why: string, source: string | null, principal: string | null, context: Context): Authentication {
  const error = `the credential was refused: ${why}`;
  record({ category: 'authentication', action: 'authenticate', success: false, principal, source, error }, context);
  noteAuthFailure(error, source, principal, context);
  return { authenticated: false, error };
}
