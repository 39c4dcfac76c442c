import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from '../../src/contract/limits.ts';
import type { DataListen } from '../../src/contract/listen.ts';
import type { TypeSpec, Upstream } from '../../src/contract/specs.ts';
import type { Stage } from '../../src/contract/stages.ts';
import type { DataTls } from '../../src/contract/tls.ts';
import type { WireOperation } from '../../src/contract/wire.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import type { DebugTokens } from '../../src/gateway/telemetry/debug-tokens.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import type { Tracing } from '../../src/telemetry/trace/tracing.ts';

/** A small service in the style of a config file: invoices that are created, read and paid. */
export const BILLING_OPERATIONS: readonly WireOperation[] = [
  { name: 'get_invoice', method: 'GET', path: '/billing/invoices/:id', effect: 'read', names: { invoice: 'path.id' } },
  { name: 'list_invoices', method: 'GET', path: '/billing/invoices', effect: 'read' },
  {
    name: 'create_invoice',
    method: 'POST',
    path: '/billing/invoices',
    effect: 'write',
    creates: { invoice: 'body:/id' },
  },
  { name: 'pay', method: 'POST', path: '/billing/pay', effect: 'write', names: { invoice: 'body:/invoice' } },
];

/** @param legacy a URL, or all that a config can say of a side */
export function billing(legacy: string | Upstream, v2: string | Upstream, over: Partial<TypeSpec> = {}): TypeSpec {
  return {
    name: 'billing',
    match: { by: 'prefix', prefix: '/billing' },
    wire: { operations: BILLING_OPERATIONS, compare: [], affinity: [], order: 'entity' },
    affinity: ['header:x-tenant'],
    legacy: upstreamAt(legacy),
    v2: upstreamAt(v2),
    mirror: 'all',
    ...over,
  };
}

function upstreamAt(upstream: string | Upstream): Upstream {
  return typeof upstream === 'string' ? { instances: [upstream], tls: null } : upstream;
}

export type GatewayRig = {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly data: string;
  readonly stage: (stage: Stage, sharePpm?: number) => Promise<void>;
  /** Resolves when no copy waits or is under way. */
  readonly shadowIdle: () => Promise<void>;
  /** Closes the gateway and starts another on the same state. */
  readonly restart: () => Promise<GatewayRig>;
  readonly close: () => Promise<void>;
};

export type RigOptions = {
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  readonly folder?: string;
  readonly trustedProxies?: readonly string[];
  /** Where it listens; any free port of loopback when left out. */
  readonly data?: DataListen;
  readonly tls?: DataTls;
  /** The wall clock, for what is stored. */
  readonly nowMs?: () => number;
  /** Default: none hears anything. */
  readonly logger?: Logger;
  readonly tracing?: Tracing;
  readonly debugTokens?: DebugTokens;
  /** The clock of ejections. */
  readonly elapsedMs?: () => number;
};

/** A gateway for one type on a free port, with a state folder of its own. */
export async function startRig(spec: TypeSpec, options: RigOptions = {}): Promise<GatewayRig> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'banyan-gateway-'));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const store = openSqliteStore(folder, { entitiesCachedMax: limits.entitiesCachedMax });
  const { logger = pino({ level: 'silent' }), tracing = null, debugTokens = null } = options;
  const gateway = new Gateway({
    data: options.data ?? { host: '127.0.0.1', port: 0 },
    tls: options.tls ?? null,
    types: [spec],
    limits,
    timeouts,
    trustedProxies: options.trustedProxies ?? [],
    store,
    logger,
    tracing,
    debugTokens,
    redactionKey: new Uint8Array(32),
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
    ...(options.elapsedMs === undefined ? {} : { elapsedMs: options.elapsedMs }),
  });
  const data = await gateway.listen();
  const end = async () => {
    await gateway.close();
    await store.close();
  };
  return {
    gateway,
    store,
    data,
    stage: async (stage, sharePpm) => {
      await gateway.parts.policies.stage(spec.name, stage, sharePpm, { actor: 'test', reason: 'test' });
    },
    shadowIdle: () => gateway.parts.shadowOf(spec.name).mirror.idle(),
    restart: async () => {
      await end();
      return startRig(spec, { ...options, folder });
    },
    close: async () => {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
