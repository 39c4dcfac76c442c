/** What happens to each spawn and each delegation: it is stamped with who asks for it, and then let in or not. */
import type { AgentSpawnEvent, Attributes, TaskDelegateEvent, Veto } from '../../contract/hooks.ts';
import { judge } from './access.ts';
import { record } from './audit.ts';
import { bareToken, verifyToken } from './identity.ts';
import { type Claim, takeTokens } from './limits.ts';
import { REDACTED } from './secrets.ts';
import { type On, readStamp, STAMP_KEY, type Stamp, stamped } from './stamp.ts';
import { BOUNDS, type Context } from './state.ts';
import { blockOf, countsNow, noteAuthFailure, noteThreat } from './threats.ts';

const NOBODY: Stamp = { principal: null, roles: [], method: 'none', source: null, refused: null };

// ── on the way in: who is it? ───────────────────────────────────────────────────────────────────────

/** Puts a stamp in the place of the credential. Nothing, for a call that brings neither name nor address. */
export function stampCall(on: On, attributes: Attributes, context: Context): { attributes: Attributes } | undefined {
  const { credentialKey } = context.config;
  const stamp = whoCalls(on, attributes, context);
  if (stamp === null) return undefined;
  const struckOut = credentialKey in attributes ? { [credentialKey]: REDACTED } : {};
  return { attributes: { ...struckOut, [STAMP_KEY]: stamped(on, stamp, context) } };
}

function whoCalls(on: On, attributes: Attributes, context: Context): Stamp | null {
  const { credentialKey, callerKeys, sourceKeys } = context.config;
  const claimed = firstText(attributes, callerKeys);
  const source = firstText(attributes, sourceKeys)?.slice(0, BOUNDS.sourceCharsMax) ?? null;
  const credential = attributes[credentialKey];
  if (credential !== undefined && credential !== REDACTED) return byCredential(credential, claimed, source, context);
  if (STAMP_KEY in attributes) return byStamp(on, attributes[STAMP_KEY], claimed, source, context);
  if (claimed === null && source === null) return null;
  return byClaim(claimed, source);
}

function byCredential(credential: unknown, claimed: string | null, source: string | null, context: Context): Stamp {
  const verdict = typeof credential === 'string' ? verifyToken(bareToken(credential), context) : null;
  if (verdict?.kind !== 'good') {
    const error = verdict?.kind === 'bad' ? verdict.error : 'it is not known';
    noteAuthFailure(`a credential was refused: ${error}`, source, null, context);
    return { ...NOBODY, source, refused: `its credential was refused: ${error}` };
  }
  return mayCallAs({ ...NOBODY, ...verdict.identity }, claimed, source, context);
}

/** Who is known by a credential does not call in the name of somebody else. */
function mayCallAs(known: Stamp, claimed: string | null, source: string | null, context: Context): Stamp {
  const { principal, roles, method, refused } = known;
  if (claimed === null || claimed === principal) return { principal, roles, method, source, refused };
  const description = `${principal} called in the name of ${claimed.slice(0, BOUNDS.principalCharsMax)}`;
  noteThreat({ type: 'privilege_escalation', severity: 'high', description, source, principal }, context);
  return { principal, roles: [], method, source, refused: 'it calls in the name of somebody else' };
}

function byStamp(
  on: On,
  value: unknown,
  claimed: string | null,
  source: string | null,
  context: Context,
): Stamp | null {
  const reading = readStamp(on, value, context);
  if (reading.kind === 'good' && isAuthenticated(reading.stamp)) {
    return mayCallAs(reading.stamp, claimed, source, context);
  }
  if (reading.kind === 'good') return byClaim(claimed ?? reading.stamp.principal, source ?? reading.stamp.source);
  if (reading.kind === 'unknown') return byClaim(claimed, source);
  noteThreat(
    {
      type: 'privilege_escalation',
      severity: 'high',
      description: `a forged stamp on ${on}`,
      source,
      principal: claimed,
    },
    context,
  );
  return { ...NOBODY, source, refused: `its attribute "${STAMP_KEY}" was not written here` };
}

/** Also where there is nothing to say: what stood in the stamp's place must go. */
function byClaim(claimed: string | null, source: string | null): Stamp {
  if (claimed === null) return { ...NOBODY, source };
  if (claimed.length <= BOUNDS.principalCharsMax) return { ...NOBODY, principal: claimed, method: 'claimed', source };
  return { ...NOBODY, source, refused: `the name of its caller has more than ${BOUNDS.principalCharsMax} characters` };
}

function firstText(attributes: Attributes, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = Object.hasOwn(attributes, key) ? attributes[key] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

// ── the veto ────────────────────────────────────────────────────────────────────────────────────────

type Call = {
  readonly stamp: Stamp;
  readonly resource: string;
  readonly action: string;
  readonly agentId: string | null;
};

export function allowSpawn({ role, attributes }: AgentSpawnEvent, context: Context): Veto | undefined {
  return allow(
    { stamp: stampOf('agent', attributes, context), resource: `agent/${role}`, action: 'spawn', agentId: null },
    context,
  );
}

export function allowDelegate({ type, agentId, attributes }: TaskDelegateEvent, context: Context): Veto | undefined {
  return allow(
    { stamp: stampOf('task', attributes, context), resource: `task/${type}`, action: 'delegate', agentId },
    context,
  );
}

/** A plugin after this one may have written in the stamp's place: only what was sealed here counts. */
function stampOf(on: On, attributes: Attributes, context: Context): Stamp {
  if (!(STAMP_KEY in attributes)) return NOBODY;
  const reading = readStamp(on, attributes[STAMP_KEY], context);
  return reading.kind === 'good'
    ? reading.stamp
    : { ...NOBODY, refused: `its attribute "${STAMP_KEY}" was overwritten` };
}

type Check = (call: Call, context: Context) => Veto | undefined;

/** In this order; the first no is told. A call that is refused for another reason costs its caller no token. */
const CHECKS: readonly Check[] = [notBlocked, notRefused, isKnown, isPermitted, isInRate];

function allow(call: Call, context: Context): Veto | undefined {
  for (const check of CHECKS) {
    const veto = check(call, context);
    if (veto === undefined) continue;
    context.state.counts.blockedRequests++;
    countsNow(context).blockedRequests++;
    return veto;
  }
  return undefined;
}

function notBlocked({ stamp }: Call, context: Context): Veto | undefined {
  const keys = [
    stamp.source === null ? null : `source:${stamp.source}`,
    stamp.principal === null ? null : `principal:${stamp.principal}`,
  ];
  for (const key of keys) {
    const block = key === null ? null : blockOf(key, context);
    if (block === null) continue;
    const { reason, ...retry } = block;
    return { veto: `${key} is blocked: ${reason}`, ...retry };
  }
  return undefined;
}

function notRefused({ stamp }: Call): Veto | undefined {
  return stamp.refused === null ? undefined : { veto: stamp.refused };
}

function isKnown({ stamp }: Call, { config }: Context): Veto | undefined {
  if (config.authentication === 'optional' || isAuthenticated(stamp)) return undefined;
  return { veto: `it brings no credential in its attribute "${config.credentialKey}"` };
}

function isPermitted({ stamp, resource, action }: Call, context: Context): Veto | undefined {
  if (!context.config.authorization.enforce) return undefined;
  const { source } = stamp;
  const subject = isAuthenticated(stamp) ? stamp : { principal: null, roles: [] };
  const { authorized, reason } = checkPermission(subject, resource, action, source, context);
  return authorized ? undefined : { veto: reason };
}

/** A stamp is as good as what it was made from. */
function isAuthenticated({ method, principal }: Stamp): boolean {
  return principal !== null && method !== 'claimed' && method !== 'none';
}

function isInRate({ stamp, agentId }: Call, context: Context): Veto | undefined {
  const { callerPerMinute, sourcePerMinute, agentPerMinute } = context.config.rates;
  const claims: Claim[] = [];
  const claim = (kind: string, name: string | null, perMinute: number | null) => {
    if (name !== null && perMinute !== null) claims.push({ bucket: `${kind}:${name}`, perMinute });
  };
  // Apart: nobody uses up what somebody may by taking their name.
  claim(isAuthenticated(stamp) ? 'caller' : 'claimed', stamp.principal, callerPerMinute);
  claim('source', stamp.source, sourcePerMinute);
  claim('agent', agentId, agentPerMinute);
  if (claims.length === 0) return undefined;
  const { waitMs, bucket } = takeTokens(claims, context);
  if (waitMs === 0) return undefined;
  const { principal, source } = stamp;
  const description = `${bucket} calls more often than it may`;
  noteThreat({ type: 'rate_limit_exceeded', severity: 'medium', description, principal, source, agentId }, context);
  return { veto: description, retryAfterMs: waitMs };
}

/** Judges, counts and audits; a denial is a threat. */
export function checkPermission(
  subject: { readonly principal: string | null; readonly roles: readonly string[] },
  resource: string,
  action: string,
  source: string | null,
  context: Context,
) {
  const verdict = judge(subject, resource, action, context);
  const { principal } = subject;
  context.state.counts.authorizationChecks++;
  const decision = verdict.authorized ? 'granted' : 'denied';
  const permission = `${resource}:${action}`;
  record(
    {
      category: 'authorization',
      action: `authorize_${action}`,
      success: verdict.authorized,
      principal,
      resource,
      source,
      permission,
      decision,
    },
    context,
  );
  if (!verdict.authorized) {
    noteThreat({ type: 'authz_failure', severity: 'medium', description: verdict.reason, principal, source }, context);
  }
  return verdict;
}
