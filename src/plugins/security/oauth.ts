/** Providers whose tokens only they can judge. Asking takes a network, so no hook does: `authenticate` does. */
import { z } from 'zod';
import { hit } from '../parts/bounded.ts';
import { messageOf } from '../parts/steps.ts';
import { record } from './audit.ts';
import { begin, type Verdict } from './identity.ts';
import { textsIn } from './jwt.ts';
import { digestOf, seal, unseal } from './secrets.ts';
import type { oauthInput } from './shapes.ts';
import { BOUNDS, type Context, type Provider } from './state.ts';

/** `false`: there are too many. */
export function configureOAuth(input: z.output<typeof oauthInput>, context: Context): boolean {
  const { state, config } = context;
  const { name, type, clientId, clientSecret, introspectionUrl = null } = input;
  const fits = state.providers.has(name) || state.providers.size < BOUNDS.providersMax;
  if (fits) {
    const sealedSecret = seal(clientSecret, config.sealKey);
    state.providers.set(name, { type, clientId, sealedSecret, introspectionUrl });
  } else hit(state.limitsHit, 'providersMax');
  record(
    { category: 'configuration_change', action: 'configure_oauth', success: fits, resource: `oauth/${name}` },
    context,
  );
  return fits;
}

/** Asks one provider after the other. */
export async function introspect(token: string, context: Context): Promise<Verdict> {
  for (const [name, provider] of context.state.providers) {
    if (provider.introspectionUrl === null) continue;
    const found = await ask(name, provider, provider.introspectionUrl, token, context);
    if (found?.active !== true || found.sub === undefined) continue;
    const roles = textsIn(found.roles);
    const scopes = textsIn(found.scope?.split(' '));
    const untilMs = found.exp === undefined ? null : found.exp * 1_000;
    if (untilMs !== null && untilMs <= context.now()) continue;
    const identity = { principal: found.sub, roles, scopes, method: 'oauth' } as const;
    begin(digestOf(token), { ...identity, untilMs, keyId: null }, context);
    return { kind: 'good', identity };
  }
  return { kind: 'bad', error: 'nobody knows it' };
}

/** RFC 7662 §2.2, as far as it is used here. */
const answer = z.object({
  active: z.boolean(),
  sub: z.string().min(1).max(BOUNDS.principalCharsMax).optional(),
  scope: z.string().optional(),
  exp: z.number().optional(),
  roles: z.array(z.string()).optional(),
});

async function ask(name: string, provider: Provider, url: string, token: string, { config, log, signal }: Context) {
  const secret = unseal(provider.sealedSecret, config.sealKey);
  if (secret === null) {
    log('warn', 'the secret of an OAuth provider was sealed under another key; configure it anew', { provider: name });
    return null;
  }
  const basic = Buffer.from(`${encodeURIComponent(provider.clientId)}:${encodeURIComponent(secret)}`).toString(
    'base64',
  );
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      body: new URLSearchParams({ token }),
      // The secret goes to the address that was configured, and nowhere else.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(config.introspectionMsMax)]),
    });
    if (response.ok) return answer.parse(await response.json());
    log('warn', 'an OAuth provider refused to judge a token', { provider: name, status: response.status });
  } catch (error) {
    log('warn', 'an OAuth provider did not judge a token', { provider: name, error: messageOf(error) });
  }
  return null;
}
