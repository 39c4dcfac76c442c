import type { Logger } from 'pino';
import { BanyanError } from '../contract/errors.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import type { TypeSpec } from '../contract/specs.ts';
import { Entities } from '../cutover/entities.ts';
import { Guards } from '../cutover/guards.ts';
import { Policies } from '../cutover/policies.ts';
import type { Store } from '../store/store.ts';
import { Counters } from './counters.ts';
import type { ForwardContext } from './forward.ts';
import { TrustedProxies } from './forwarding.ts';
import { MigratedType } from './migrated-type.ts';
import { TypeShadow } from './type-shadow.ts';

/** What a call needs, by name: the rooms of the gateway. */
export type GatewayParts = ForwardContext & {
  readonly types: readonly MigratedType[];
  readonly limits: Limits;
  readonly trustedProxies: TrustedProxies;
  readonly policies: Policies;
  readonly guards: Guards;
  readonly shadowOf: (type: string) => TypeShadow;
};

export type PartsOptions = {
  readonly types: readonly TypeSpec[];
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  /** Addresses and networks of the proxies in front whose word on the caller is believed. */
  readonly trustedProxies: readonly string[];
  readonly store: Store;
  readonly logger: Logger;
  /** Epoch milliseconds, for what is stored. */
  readonly nowMs?: () => number;
};

/** Puts the rooms together; nothing listens yet. */
export function buildParts(options: PartsOptions): {
  readonly parts: GatewayParts;
  readonly shadows: ReadonlyMap<string, TypeShadow>;
} {
  const { store, logger, limits, timeouts } = options;
  const epochMs = options.nowMs ?? Date.now;
  const names = options.types.map(({ name }) => name);
  const counters = new Counters();
  const storeFailed = (error: unknown) => {
    counters.add('store_write_failures');
    logger.error({ err: error }, 'the store failed behind an answer');
  };
  const policies = new Policies(store, names, epochMs);
  const types = options.types.map((spec) => new MigratedType(spec, limits, timeouts));
  const shadows = new Map(
    types.map((type) => [type.name, new TypeShadow({ type, policies, store, limits, timeouts, epochMs, storeFailed })]),
  );
  const parts: GatewayParts = {
    types,
    limits,
    trustedProxies: new TrustedProxies(options.trustedProxies),
    counters,
    policies,
    captureBytesMax: limits.captureBytesMax,
    // Monotonic: durations must not jump when the machine's clock is set.
    nowMs: () => performance.now(),
    log: (error, message) => logger.error({ err: error }, message),
    entities: new Entities(store, names, epochMs),
    guards: new Guards(policies, {
      finding: (type, finding) => logger.warn({ type, finding }, 'the guard rolls the type back'),
      error: storeFailed,
    }),
    shadowOf: (type) => {
      const shadow = shadows.get(type);
      if (shadow === undefined) throw new BanyanError('UNKNOWN_TYPE', `there is no type ${type}`);
      return shadow;
    },
  };
  return { parts, shadows };
}
