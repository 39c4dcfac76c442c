import type { PluginContext } from '../../contract/plugins.ts';
import type { LimitsHit } from '../parts/bounded.ts';
import { newWindow, type Window } from '../parts/window.ts';
import type { SecurityConfig } from './config.ts';
import type { AuditEntry, Method, ThreatEvent } from './shapes.ts';

export const BOUNDS = {
  /** Callers, addresses and agents whose rates are known. */
  bucketsMax: 10_000,
  auditMax: 10_000,
  eventsMax: 1_000,
  blockedMax: 10_000,
  sessionsMax: 10_000,
  keysMax: 10_000,
  /** Principals with roles given at run time. */
  grantsMax: 10_000,
  providersMax: 50,
  /** Principals whose executions are counted. */
  principalsMax: 10_000,
  sourcesPerPrincipalMax: 20,
  listenersMax: 100,
  violationsMax: 100,
  principalCharsMax: 256,
  sourceCharsMax: 256,
  tokenCharsMax: 8_192,
} as const;

/** Who a credential stands for. */
export type Identity = {
  readonly principal: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly method: Method;
};

/** A credential that was found good. Known by the SHA-256 of the credential, which is not kept. */
export type Session = Identity & { readonly untilMs: number; readonly keyId: string | null };

/** A key that was issued here; known by its SHA-256. It is random, so nothing slower is needed. */
export type IssuedKey = {
  readonly id: string;
  readonly principal: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly untilMs: number | null;
};

export type Provider = {
  readonly type: string;
  readonly clientId: string;
  /** AES-256-GCM under the seal key. */
  readonly sealedSecret: string;
  readonly introspectionUrl: string | null;
};

export type Block = { readonly sinceMs: number; readonly untilMs: number | null; readonly reason: string };

/** What one principal did lately. */
export type Activity = {
  readonly executions: Window<{ count: number }>;
  /** When it was last seen at an address. */
  readonly sources: Map<string, number>;
  /** When each pattern was last reported. */
  readonly reported: Map<string, number>;
};

export type Counts = {
  authentications: number;
  authenticationFailures: number;
  authorizationChecks: number;
  blockedRequests: number;
  threats: number;
  complianceReports: number;
};

export type SecurityState = {
  readonly audit: {
    readonly entries: AuditEntry[];
    /** The last entry that was dropped: the chain goes on from its hash. */
    anchor: { sequence: number; hash: string };
  };
  readonly events: ThreatEvent[];
  /** By `<kind>:<name>`. */
  readonly blocked: Map<string, Block>;
  /** When each is full again. */
  readonly buckets: Map<string, number>;
  readonly sessions: Map<string, Session>;
  readonly keys: Map<string, IssuedKey>;
  readonly grants: Map<string, readonly string[]>;
  readonly providers: Map<string, Provider>;
  readonly activity: Map<string, Activity>;
  /** Minutes of the last hour. */
  readonly hour: Window<{ authFailures: number; blockedRequests: number; suspicious: number }>;
  /** Alerts that stand, and when their cause was last seen. */
  readonly alerts: Map<string, number>;
  readonly counts: Counts;
  serial: number;
  readonly limitsHit: LimitsHit;
};

/** Before the first entry. */
export const NO_HASH = '0'.repeat(64);

export const securityState = {
  version: 1,
  initial: (): SecurityState => ({
    audit: { entries: [], anchor: { sequence: 0, hash: NO_HASH } },
    events: [],
    blocked: new Map(),
    buckets: new Map(),
    sessions: new Map(),
    keys: new Map(),
    grants: new Map(),
    providers: new Map(),
    activity: new Map(),
    hour: newWindow(),
    alerts: new Map(),
    counts: {
      authentications: 0,
      authenticationFailures: 0,
      authorizationChecks: 0,
      blockedRequests: 0,
      threats: 0,
      complianceReports: 0,
    },
    serial: 0,
    limitsHit: new Map(),
  }),
};

export type Context = PluginContext<SecurityState, SecurityConfig>;
