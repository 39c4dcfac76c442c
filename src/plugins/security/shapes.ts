/** What the capabilities take and give, as zod schemas; the types follow from them. */
import { z } from 'zod';

const name = z.string().min(1).max(256);
const names = z.array(name).max(100);
const facts = z.record(z.string(), z.unknown());

/** How a caller's identity is known; `claimed`: by nothing but its own word. */
export const method = z.enum(['jwt', 'key', 'oauth', 'claimed', 'none']);
export type Method = z.output<typeof method>;

export const severity = z.enum(['low', 'medium', 'high', 'critical']);
export type Severity = z.output<typeof severity>;

export const authenticateInput = z.strictObject({
  /** An `Authorization` header, or the bare credential. */
  token: z.string(),
  source: name.optional(),
  requiredScopes: names.default([]),
});
const user = z.object({ id: z.string(), roles: z.array(z.string()), scopes: z.array(z.string()) });
export const authentication = z.discriminatedUnion('authenticated', [
  z.object({ authenticated: z.literal(true), user, method }),
  z.object({ authenticated: z.literal(false), error: z.string() }),
]);
export type Authentication = z.output<typeof authentication>;

export const authorizeInput = z.strictObject({
  /** As `authenticate` gave it; one of `id` and `sub` says who it is. */
  user: z.looseObject({ id: name.optional(), sub: name.optional(), roles: names.optional() }),
  resource: name,
  action: name,
  source: name.optional(),
});
export const authorization = z.object({
  authorized: z.boolean(),
  reason: z.string(),
  /** Of the roles, those that grant it. */
  roles: z.array(z.string()),
  /** All that the roles grant. */
  permissions: z.array(z.string()),
});
export type Authorization = z.output<typeof authorization>;

export const issueKeyInput = z.strictObject({
  principal: name,
  roles: names.default([]),
  scopes: names.default([]),
  /** Default: until it is revoked. */
  forMs: z.number().positive().optional(),
  by: name,
});
/** The key is told this once. */
export const issuedKey = z.object({ id: z.string(), key: z.string(), untilMs: z.number().nullable() });
export const revokeKeyInput = z.strictObject({ id: name, by: name });
export const setRolesInput = z.strictObject({ principal: name, roles: names, by: name });

const subject = { kind: z.enum(['source', 'principal']), name };
export const blockInput = z.strictObject({
  ...subject,
  reason: z.string().max(500),
  /** Default: until it is unblocked. */
  forMs: z.number().positive().optional(),
  by: name,
});
export const unblockInput = z.strictObject({ ...subject, by: name });

export const category = z.enum([
  'authentication',
  'authorization',
  'data_access',
  'data_modification',
  'configuration_change',
  'privilege_escalation',
  'system_administration',
  'user_management',
  'security_incident',
]);
export type Category = z.output<typeof category>;

export const auditInput = z.strictObject({
  action: name,
  /** Default: by the words of the action. */
  category: category.optional(),
  agentId: name.optional(),
  principal: name.optional(),
  resource: name.optional(),
  source: name.optional(),
  success: z.boolean().default(true),
  durationMs: z.number().min(0).optional(),
  error: z.string().max(2_000).optional(),
  /** Who allowed it. */
  by: name.optional(),
  request: facts.optional(),
  response: facts.optional(),
});

export const auditEntry = z.object({
  sequence: z.number(),
  id: z.string(),
  atMs: z.number(),
  category,
  action: z.string(),
  success: z.boolean(),
  principal: z.string().nullable(),
  by: z.string().nullable(),
  agentId: z.string().nullable(),
  taskId: z.string().nullable(),
  resource: z.string().nullable(),
  source: z.string().nullable(),
  /** `<resource>:<action>` that was asked for. */
  permission: z.string().nullable(),
  decision: z.enum(['granted', 'denied']).nullable(),
  durationMs: z.number().nullable(),
  error: z.string().nullable(),
  /** JSON, without its secrets. */
  detail: z.string().nullable(),
  /** Hash of the entry before. */
  previous: z.string(),
  /** SHA-256 of all of the above. */
  hash: z.string(),
});
export type AuditEntry = z.output<typeof auditEntry>;

const within = {
  fromMs: z.number().default(0),
  toMs: z.number().default(Number.MAX_SAFE_INTEGER),
};
export const auditLogInput = z
  .strictObject({
    ...within,
    principal: name.optional(),
    agentId: name.optional(),
    category: category.optional(),
    success: z.boolean().optional(),
    /** The newest. */
    limit: z.number().int().min(1).max(10_000).default(100),
  })
  .prefault({});

const link = z.object({ sequence: z.number().int().min(0), hash: z.string() });
/** A link of the chain that was noted elsewhere, which must still be in it. */
export const verifyInput = z.strictObject({ noted: link.optional() }).optional();
export const verification = z.object({
  intact: z.boolean(),
  /** Why not. */
  problem: z.string().nullable(),
  /** Of the first entry that is wrong. */
  sequence: z.number().nullable(),
  checked: z.number(),
  /** To be noted elsewhere: whoever rewrites the whole log cannot rewrite that. */
  head: link,
});

export const reportInput = z.strictObject({
  type: name,
  description: z.string().min(1).max(2_000),
  severity: severity.default('medium'),
  agentId: name.nullish(),
  principal: name.optional(),
  source: name.optional(),
  details: facts.optional(),
});
export const threatEvent = z.object({
  id: z.string(),
  /** `auth_failure`, `rate_limit_exceeded`, `suspicious_activity`... */
  type: z.string(),
  severity,
  description: z.string(),
  atMs: z.number(),
  /** The same again within a minute is counted here. */
  count: z.number(),
  lastAtMs: z.number(),
  source: z.string().nullable(),
  principal: z.string().nullable(),
  agentId: z.string().nullable(),
  detail: z.string().nullable(),
});
export type ThreatEvent = z.output<typeof threatEvent>;
export const threatsInput = z.strictObject({ type: name.optional(), severity: severity.optional() }).optional();

export const framework = z.enum(['soc2', 'iso27001', 'nist']);
export type Framework = z.output<typeof framework>;
export const complianceInput = z.strictObject({ framework, fromMs: z.number(), toMs: z.number() });
export const complianceReport = z.object({
  framework,
  fromMs: z.number(),
  toMs: z.number(),
  atMs: z.number(),
  /** Mean of the rules that have evidence, 0..100; `null`: none has. */
  score: z.number().nullable(),
  rules: z.array(
    z.object({
      rule: z.string(),
      says: z.string(),
      entries: z.number(),
      compliant: z.number(),
      /** 0..100; `null`: nothing of its kind was recorded. */
      score: z.number().nullable(),
      retentionDays: z.number(),
    }),
  ),
  violations: z.array(z.object({ rule: z.string(), auditId: z.string(), missing: z.array(z.string()) })),
  /** Those that are not listed. */
  violationsLeftOut: z.number(),
  /** Whether the log still holds all of the time asked for. */
  covered: z.boolean(),
  intact: z.boolean(),
  recommendations: z.array(z.string()),
});
export type ComplianceReport = z.output<typeof complianceReport>;

export const oauthInput = z.strictObject({
  name,
  /** `google`, `github`, `microsoft`... */
  type: name,
  clientId: name,
  clientSecret: z.string().min(1).max(4_096),
  /** Where the provider says what a token is (RFC 7662). Without it, its tokens cannot be checked. */
  introspectionUrl: z.url().refine(isSafeUrl, 'https, or http on this machine: the secret is sent there').optional(),
});

export type Listener = (news: ThreatEvent | ComplianceReport) => unknown;
export const subscribeInput = z.strictObject({
  to: z.enum(['threats', 'compliance']),
  listener: z.custom<Listener>((value) => typeof value === 'function', 'a function'),
});

export const metrics = z.object({
  authentications: z.number(),
  authenticationFailures: z.number(),
  authorizationChecks: z.number(),
  auditEntries: z.number(),
  threats: z.number(),
  blockedRequests: z.number(),
  complianceReports: z.number(),
  lastHour: z.object({ authFailures: z.number(), blockedRequests: z.number(), suspicious: z.number() }),
  activeSessions: z.number(),
  keys: z.number(),
  providers: z.number(),
  blocked: z.number(),
  limitsHit: z.record(z.string(), z.number()),
});

function isSafeUrl(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
