import { randomBytes } from 'node:crypto';
import { z } from 'zod';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** One for the process, so that a new config does not make the old seals worthless. */
const PROCESS_KEY = randomBytes(32).toString('base64');

const names = z.array(z.string().min(1).max(200)).max(200);
const perMinute = z.number().int().min(1).nullable();
/** RFC 7518 §3.2: a key for HS256 has at least 256 bits. */
const SECRET_BYTES_MIN = 32;

/** The algorithm belongs to the key, never to the token that asks for it (RFC 8725 §3.1). */
const jwtKey = z
  .strictObject({
    /** A token that names a `kid` is only tried with the key of that id. */
    id: z.string().min(1).optional(),
    algorithm: z.enum(['HS256', 'RS256', 'ES256']),
    /** The shared secret, or the public key as PEM. */
    key: z.string().min(1),
  })
  .refine(({ algorithm, key }) => algorithm !== 'HS256' || Buffer.byteLength(key) >= SECRET_BYTES_MIN, {
    message: `a secret for HS256 has at least ${SECRET_BYTES_MIN} bytes`,
    path: ['key'],
  });

const jwtConfig = z.strictObject({
  keys: z.array(jwtKey).max(20).default([]),
  issuer: z.string().optional(),
  audience: z.string().optional(),
  /** By which the clocks of issuer and kernel may differ. */
  skewMs: z
    .number()
    .min(0)
    .max(10 * MINUTE_MS)
    .default(30_000),
});
export type JwtConfig = z.output<typeof jwtConfig>;

export const securityConfig = z.strictObject({
  /** `required`: a call without a valid credential is vetoed. A wrong credential always is. */
  authentication: z.enum(['optional', 'required']).default('optional'),
  authorization: z
    .strictObject({
      /** Whether spawning and delegating needs a permission. The capability `authorize` judges in any case. */
      enforce: z.boolean().default(false),
      /** Permissions by role: `<resource>:<action>`, where `*` stands for all, or ends either part. */
      roles: z.record(z.string(), names).default({}),
      /** Roles by principal. More are given at run time with `setRoles`. */
      assignments: z.record(z.string(), names).default({}),
      /** Roles of callers without a credential. */
      anonymousRoles: names.default([]),
    })
    .prefault({}),
  /** Attributes in which a call brings its credential, says who makes it, and where it comes from. */
  credentialKey: z.string().min(1).default('authorization'),
  callerKeys: names.default(['user_id', 'user', 'caller']),
  sourceKeys: names.default(['source_ip', 'client_ip']),
  jwt: jwtConfig.prefault({}),
  /** Calls; `null`: as many as they like. */
  rates: z
    .strictObject({
      callerPerMinute: perMinute.default(60),
      sourcePerMinute: perMinute.default(100),
      /** Of the agent that a task names. */
      agentPerMinute: perMinute.default(null),
    })
    .prefault({}),
  threats: z
    .strictObject({
      authFailuresPerHourMax: z.number().int().min(0).default(10),
      /** Of one principal. */
      executionsPerHourMax: z.number().int().min(1).default(100),
      /** Addresses that one principal calls from. */
      sourcesPerHourMax: z.number().int().min(1).default(5),
      /** Threats from one address in an hour that have it blocked. */
      eventsToBlock: z.number().int().min(1).default(5),
      /** `null`: until somebody unblocks it. */
      blockMs: z.number().positive().nullable().default(HOUR_MS),
    })
    .prefault({}),
  /** Which ends of tasks are audited; `named`: those whose caller is known. */
  auditTasks: z.enum(['all', 'named', 'none']).default('all'),
  monitorEveryMs: z.number().min(10).default(MINUTE_MS),
  /** How long a credential that was found good is taken as good without another look. */
  sessionMs: z.number().positive().default(HOUR_MS),
  /** How long a call may be repeated on the word of the first one's stamp. */
  stampMs: z
    .number()
    .positive()
    .default(24 * HOUR_MS),
  /** 32 bytes in base64: seals secrets and stamps. Without it, neither outlives the process. */
  sealKey: z
    .base64()
    .refine((key) => Buffer.from(key, 'base64').length === 32, '32 bytes in base64')
    .default(() => PROCESS_KEY),
  /** Of one question to an OAuth provider. */
  introspectionMsMax: z.number().positive().default(5_000),
});
export type SecurityConfig = z.output<typeof securityConfig>;
