import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { security } from '../../../src/plugins/security/plugin.ts';
import { BOUNDS } from '../../../src/plugins/security/state.ts';
import { rig } from '../support/rig.ts';
import { jwt, jwtConfig } from './support.ts';

const config = (jwt = {}, parts = {}) => ({ plugins: { security: { jwt: { ...jwtConfig, ...jwt }, ...parts } } });
const NOW_S = 1_700_000_000;

describe('a JWT', () => {
  it.each([
    ['a good one', jwt(), null],
    ['another secret', jwt({}, {}, 'another secret of thirty-two bytes or so'), 'its signature is wrong'],
    ['alg none', `${jwt({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`, 'no key fits its header'],
    ['an algorithm that no key has', jwt({}, { alg: 'RS256' }), 'no key fits its header'],
    ['a critical extension', jwt({}, { crit: ['x'] }), 'it has critical extensions that are not known here'],
    ['no expiry', jwt({ exp: undefined }), 'it does not say when it expires'],
    ['within the skew', jwt({ exp: NOW_S - 29 }), null],
    ['beyond the skew', jwt({ exp: NOW_S - 30 }), 'it has expired'],
    ['too early', jwt({ nbf: NOW_S + 31 }), 'it is not valid yet'],
    ['no subject', jwt({ sub: '' }), 'it does not say whom it stands for'],
    ['no JSON', 'eyJ.x.y', 'it is no JWT'],
  ])('with %s', async (_what, token, error) => {
    const { orchestrator } = await rig([security], config());
    const answer = await orchestrator.use(security).authenticate({ token });
    if (error === null) expect(answer).toMatchObject({ authenticated: true, user: { id: 'ann' }, method: 'jwt' });
    else expect(answer).toEqual({ authenticated: false, error: `the credential was refused: ${error}` });
  });

  it('is judged by issuer and audience where they are set', async () => {
    const { orchestrator } = await rig([security], config({ issuer: 'me', audience: 'banyan' }));
    const { authenticate } = orchestrator.use(security);
    const answers = [{ iss: 'you' }, { iss: 'me', aud: ['x'] }, { iss: 'me', aud: ['x', 'banyan'] }].map((claims) =>
      authenticate({ token: jwt(claims) }),
    );
    expect((await Promise.all(answers)).map(({ authenticated }) => authenticated)).toEqual([false, false, true]);
  });

  it('of a public key is verified, and the public key is no secret for HS256', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = (key: typeof ec.publicKey) => key.export({ type: 'spki', format: 'pem' }).toString();
    const { orchestrator } = await rig(
      [security],
      config({
        keys: [
          { id: 'e', algorithm: 'ES256', key: pem(ec.publicKey) },
          { id: 'r', algorithm: 'RS256', key: pem(rsa.publicKey) },
          { algorithm: 'ES256', key: 'no PEM' },
        ],
      }),
    );
    const { authenticate } = orchestrator.use(security);
    const signed = (alg: string, kid: string, by: object) => {
      const text = jwt({}, { alg, kid }).split('.').slice(0, 2).join('.');
      return `${text}.${sign('sha256', Buffer.from(text), by as never).toString('base64url')}`;
    };
    const tokens = [
      signed('ES256', 'e', { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
      signed('RS256', 'r', { key: rsa.privateKey }),
      signed('RS256', 'e', { key: rsa.privateKey }),
      jwt({}, { alg: 'HS256' }, pem(rsa.publicKey)),
    ];
    const answers = await Promise.all(tokens.map((token) => authenticate({ token })));
    expect(answers.map(({ authenticated }) => authenticated)).toEqual([true, true, false, false]);
  });

  it('must have the scopes that are asked for', async () => {
    const { orchestrator } = await rig([security], config());
    const { authenticate } = orchestrator.use(security);
    const token = jwt({ scope: 'read write', roles: ['boss', 7] });
    expect(await authenticate({ token, requiredScopes: ['write'] })).toMatchObject({
      user: { scopes: ['read', 'write'], roles: ['boss'] },
    });
    expect(await authenticate({ token, requiredScopes: ['read', 'delete'] })).toEqual({
      authenticated: false,
      error: 'the credential was refused: it lacks the scope delete',
    });
  });

  it('stays good for as long as it says, and no longer under another config', async () => {
    const { orchestrator, pass } = await rig([security], config());
    const { authenticate, metrics } = orchestrator.use(security);
    const token = jwt({ exp: NOW_S + 60 });
    await authenticate({ token });
    expect(await metrics()).toMatchObject({ authentications: 1, activeSessions: 1 });
    await authenticate({ token });
    expect(await metrics()).toMatchObject({ authentications: 1 });
    await pass(90_000);
    expect(await authenticate({ token })).toMatchObject({ authenticated: false });
    expect(await metrics()).toMatchObject({ activeSessions: 0 });
    await authenticate({ token: jwt() });
    await orchestrator.plugins.configure('security', {});
    expect(await authenticate({ token: jwt() })).toMatchObject({ error: expect.stringContaining('no key fits') });
    expect(await orchestrator.use(security).auditLog({ category: 'configuration_change' })).toMatchObject([
      { action: 'configure' },
    ]);
  });
});

describe('a key', () => {
  it('is told once, works until it is revoked, and is not kept', async () => {
    const { orchestrator } = await rig([security]);
    const use = orchestrator.use(security);
    const { id, key } = await use.issueKey({ principal: 'ci', roles: ['builder'], by: 'root' });
    expect(key).toMatch(/^bk_[\w-]{43}$/);
    expect(await use.authenticate({ token: `Bearer ${key}` })).toMatchObject({ user: { id: 'ci' }, method: 'key' });
    const { security: saved } = await orchestrator.plugins.snapshot();
    const state = saved?.state as { keys: Map<string, object>; sessions: Map<string, object> };
    expect(state.keys.size + state.sessions.size).toBe(2);
    for (const part of [...state.keys, ...state.sessions].flat()) expect(JSON.stringify(part)).not.toContain(key);
    expect(await use.revokeKey({ id, by: 'root' })).toBe(true);
    expect(await use.authenticate({ token: key })).toMatchObject({ authenticated: false });
    expect(await use.revokeKey({ id, by: 'root' })).toBe(false);
    expect(
      (await use.auditLog({ category: 'user_management' })).map(({ action, success }) => `${action} ${success}`),
    ).toEqual(['issue_key true', 'revoke_key true', 'revoke_key false']);
  });

  it('expires', async () => {
    const { orchestrator, pass } = await rig([security]);
    const { issueKey, authenticate } = orchestrator.use(security);
    const { key } = await issueKey({ principal: 'ci', by: 'root', forMs: 1_000 });
    await pass(999);
    expect(await authenticate({ token: key })).toMatchObject({ authenticated: true });
    await pass(1);
    expect(await authenticate({ token: key })).toMatchObject({
      error: 'the credential was refused: the key has expired',
    });
  });

  it('that is too long to be one is not even hashed', async () => {
    const { orchestrator } = await rig([security]);
    const { authenticate, metrics } = orchestrator.use(security);
    await authenticate({ token: 'x'.repeat(BOUNDS.tokenCharsMax + 1) });
    expect((await metrics()).limitsHit).toEqual({ tokenCharsMax: 1 });
  });
});

describe('an OAuth token', () => {
  /** A provider that knows one token. */
  async function provider(answer: object, status = 200) {
    const asked: { authorization: string | undefined; body: string }[] = [];
    const server = createServer(async (request: IncomingMessage, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked.push({ authorization: request.headers.authorization, body });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/introspect` };
  }

  it('is judged by its provider, and then known to the calls that bring it', async () => {
    const { asked, url } = await provider({ active: true, sub: 'ann', scope: 'read', exp: NOW_S + 60 });
    const { orchestrator, pass } = await rig([security], config({}, { authentication: 'required' }));
    const use = orchestrator.use(security);
    const secret = 'hush: p@ss/word';
    const known = await use.configureOAuth({
      name: 'gh',
      type: 'github',
      clientId: 'me',
      clientSecret: secret,
      introspectionUrl: url,
    });
    expect(known).toBe(true);
    const call = () => orchestrator.delegateTask({ type: 't', attributes: { authorization: 'Bearer opaque' } });
    await expect(call()).rejects.toMatchObject({ code: 'VETOED' });
    expect(asked).toEqual([]);
    expect(await use.authenticate({ token: 'Bearer opaque' })).toMatchObject({ user: { id: 'ann' }, method: 'oauth' });
    const basic = `Basic ${Buffer.from(`me:${encodeURIComponent(secret)}`).toString('base64')}`;
    expect(asked).toEqual([{ authorization: basic, body: 'token=opaque' }]);
    await call();
    await pass(60_000);
    await expect(call()).rejects.toMatchObject({ code: 'VETOED' });
    const saved = (await orchestrator.plugins.snapshot()).security?.state as { providers: Map<string, object> };
    expect(JSON.stringify([...saved.providers])).toContain('"clientId":"me"');
    expect(JSON.stringify([...saved.providers])).not.toContain('p@ss');
  });

  it.each([
    ['that is not active', { active: false }, 200],
    ['that has expired', { active: true, sub: 'ann', exp: NOW_S }, 200],
    ['whose provider answers nonsense', { active: 'yes' }, 200],
    ['whose provider is down', {}, 500],
  ])('%s is refused', async (_what, answer, status) => {
    const { url } = await provider(answer, status);
    const { orchestrator } = await rig([security]);
    const use = orchestrator.use(security);
    await use.configureOAuth({ name: 'p', type: 'okta', clientId: 'me', clientSecret: 's', introspectionUrl: url });
    expect(await use.authenticate({ token: 'opaque' })).toEqual({
      authenticated: false,
      error: 'the credential was refused: nobody knows it',
    });
  });

  it('is not judged when the secret was sealed under another key, nor sent over an open wire', async () => {
    const { url, asked } = await provider({ active: true, sub: 'ann' });
    const { orchestrator } = await rig([security]);
    const use = orchestrator.use(security);
    const given = { name: 'p', type: 'okta', clientId: 'me', clientSecret: 's' };
    await expect(use.configureOAuth({ ...given, introspectionUrl: 'http://example.com/i' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    await use.configureOAuth({ ...given, introspectionUrl: url });
    await orchestrator.plugins.configure('security', { sealKey: Buffer.alloc(32, 7).toString('base64') });
    expect(await use.authenticate({ token: 'opaque' })).toMatchObject({ authenticated: false });
    expect(asked).toEqual([]);
  });

  it('has at most as many providers as there is room for', async () => {
    const { orchestrator } = await rig([security]);
    const { configureOAuth, metrics } = orchestrator.use(security);
    const given = { type: 'okta', clientId: 'me', clientSecret: 's' };
    for (let i = 0; i < BOUNDS.providersMax; i++) expect(await configureOAuth({ name: `p${i}`, ...given })).toBe(true);
    expect(await configureOAuth({ name: 'one more', ...given })).toBe(false);
    expect(await configureOAuth({ name: 'p0', ...given })).toBe(true);
    expect(await metrics()).toMatchObject({ providers: BOUNDS.providersMax, limitsHit: { providersMax: 1 } });
  });
});

describe('authorize', () => {
  it('answers with the roles that grant it; a denial is a threat', async () => {
    const authorization = { roles: { reader: ['docs:read'], boss: ['*'] }, assignments: { ann: ['reader'] } };
    const { orchestrator } = await rig([security], { plugins: { security: { authorization } } });
    const { authorize, threats, auditLog } = orchestrator.use(security);
    expect(await authorize({ user: { id: 'ann' }, resource: 'docs', action: 'read' })).toEqual({
      authorized: true,
      reason: 'role reader grants docs:read',
      roles: ['reader'],
      permissions: ['docs:read'],
    });
    expect(await authorize({ user: { sub: 'ann', name: 'Ann' }, resource: 'docs', action: 'write' })).toMatchObject({
      authorized: false,
      reason: 'no role of ann grants docs:write',
    });
    expect(
      await authorize({ user: { id: 'bob', roles: ['boss', 'constructor'] }, resource: 'x', action: 'y' }),
    ).toMatchObject({
      authorized: true,
      roles: ['boss'],
    });
    expect(await authorize({ user: {}, resource: 'docs', action: 'read' })).toMatchObject({ authorized: false });
    expect(await threats({ type: 'authz_failure' })).toMatchObject([{ principal: 'ann' }]);
    expect(await auditLog({ category: 'authorization' })).toMatchObject([
      { decision: 'granted', permission: 'docs:read', principal: 'ann' },
      { decision: 'denied', permission: 'docs:write' },
      { decision: 'granted', principal: 'bob' },
    ]);
  });
});
