import type { Logger } from 'pino';
import { Ledger, type LedgerSnapshot } from '../../shadow/ledger/index.ts';
import { createRedactor } from '../../shadow/redact/index.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import type { Policy } from '../contract/policy.ts';
import type { TypeSpec } from '../contract/specs.ts';
import type { DataTls } from '../contract/tls.ts';
import { Entities } from '../cutover/entities.ts';
import { Guards } from '../cutover/guards.ts';
import { Policies } from '../cutover/policies.ts';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../telemetry/trace/tracing.ts';
import { Counters } from './counters.ts';
import type { ForwardContext } from './forward.ts';
import { TrustedProxies } from './forwarding.ts';
import { MigratedType } from './migrated-type.ts';
import type { DebugTokens } from './telemetry/debug-tokens.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import { type MovedQuestion, TypeShadow } from './type-shadow.ts';
import { Tunnels } from './websocket/tunnels.ts';

/** What a call needs, by name: the rooms of the gateway. A config has its own; a call keeps those it began with. */
export type GatewayParts = ForwardContext & {
  readonly types: readonly MigratedType[];
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly trustedProxies: TrustedProxies;
  readonly tunnels: Tunnels;
  readonly telemetry: Telemetry;
  readonly policies: Policies;
  readonly guards: Pick<Guards, 'watch'>;
  readonly shadowOf: (type: string) => TypeShadow;
};

/** What a config says of the parts. */
export type Configured = {
  readonly types: readonly TypeSpec[];
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  /** Addresses and networks of the proxies in front whose word on the caller is believed. */
  readonly trustedProxies: readonly string[];
  /** Certificates of the data port, where it speaks TLS. */
  readonly tls?: DataTls | null;
};

export type LastingOptions = {
  readonly store: Store;
  readonly logger: Logger;
  /** Key of the tokens that stand for secrets in stored samples; at least 16 bytes that stay on this machine. */
  readonly redactionKey: Uint8Array;
  /** Makes spans; left out: none are made. */
  readonly tracing?: Tracing | null;
  /** Left out: no debug token is good. */
  readonly debugTokens?: DebugTokens | null;
  /** Epoch milliseconds, for what is stored. */
  readonly nowMs?: () => number;
  /** Milliseconds that never jump, for how long an instance is left alone. */
  readonly elapsedMs?: () => number;
  /** Resolves when a policy that moved is in force in every other process too; default: there is none. */
  readonly announce?: (policy: Policy) => Promise<void>;
  /** Of a gateway that is one of several processes. */
  readonly outlet?: Outlet;
};

/** Where one of several processes sends what has to be judged, or kept, in one place. */
export type Outlet = {
  /** V2 ended a call as primary. */
  readonly evidence: (type: string, v2Failed: boolean) => void;
  /** What was counted since the last time. */
  readonly ledger: (type: string, counted: LedgerSnapshot) => void;
  /** Whether another process had such a write under way; `true` when nobody can say. */
  readonly movedElsewhere: (question: MovedQuestion) => Promise<boolean>;
};

/** The rooms that outlive a config: policies, owners, counts, and the shadows of all types that have calls. */
export class Lasting {
  readonly counters = new Counters();
  readonly tunnels = new Tunnels(this.counters);
  readonly shadows = new Map<string, TypeShadow>();
  readonly telemetry: Telemetry;
  readonly policies: Policies;
  readonly entities: Entities;
  readonly guards: Pick<Guards, 'watch'>;
  readonly #options: LastingOptions;
  readonly #redactor: ReturnType<typeof createRedactor>;
  readonly #epochMs: () => number;

  constructor(options: LastingOptions) {
    const { store, logger } = options;
    this.#options = options;
    this.#epochMs = options.nowMs ?? Date.now;
    this.#redactor = createRedactor(options.redactionKey);
    this.telemetry = this.#newTelemetry(options);
    this.policies = new Policies(store, [], this.#epochMs, options.announce);
    this.entities = new Entities(store, [], this.#epochMs);
    this.guards = options.outlet === undefined ? this.#newGuards(logger) : { watch: options.outlet.evidence };
  }

  #newGuards(logger: Logger): Guards {
    return new Guards(this.policies, {
      finding: (type, finding) => logger.warn({ type, finding }, 'the guard rolls the type back'),
      error: this.#storeFailed,
    });
  }

  #newTelemetry({ logger, tracing = null, debugTokens = null }: LastingOptions): Telemetry {
    const { target } = this.#redactor;
    const defect = (error: unknown) => {
      this.counters.add('telemetry_defects');
      logger.error({ err: error }, 'a call could not be logged or traced');
    };
    return new Telemetry({ logger, redact: target, tracing, debugTokens, nowMs, defect });
  }

  readonly #storeFailed = (error: unknown): void => {
    this.counters.add('store_write_failures');
    this.#options.logger.error({ err: error }, 'the store failed behind an answer');
  };

  readonly #defect = (error: unknown): void => {
    this.counters.add('mirror_defects');
    this.#options.logger.error({ err: error }, 'a copy ended in an error of the gateway itself');
  };

  newType(spec: TypeSpec, { limits, timeouts }: Configured): MigratedType {
    const { elapsedMs = () => performance.now(), logger } = this.#options;
    return new MigratedType(spec, limits, timeouts, {
      nowMs: elapsedMs,
      count: (name) => this.counters.add(name),
      notice: (facts, message) => logger.warn(facts, message),
    });
  }

  newShadow(type: MigratedType, { limits, timeouts }: Configured): TypeShadow {
    const { policies, telemetry } = this;
    const { store } = this.#options;
    const [epochMs, storeFailed, defect] = [this.#epochMs, this.#storeFailed, this.#defect];
    const ledger = this.#openLedger(type.name);
    const movedElsewhere = this.#options.outlet?.movedElsewhere ?? null;
    return new TypeShadow({
      ...{ type, policies, store, limits, timeouts, epochMs, ledger },
      ...{ movedElsewhere, telemetry, storeFailed, defect },
    });
  }

  /** Where another process keeps the ledgers, this one's holds what has not been sent yet. */
  #openLedger(type: string): Ledger {
    const { store, outlet } = this.#options;
    const options = { clock: this.#epochMs, redactor: this.#redactor };
    const kept = outlet === undefined ? store.loadLedger(type) : undefined;
    return kept === undefined ? new Ledger(options) : Ledger.restore(JSON.parse(kept), options);
  }

  /** Gives away what a ledger holds: to the store, or to whoever keeps it. */
  async saveLedger(type: string, { ledger }: TypeShadow): Promise<void> {
    const { store, outlet } = this.#options;
    if (outlet === undefined) return store.saveLedger(type, JSON.stringify(ledger.snapshot()));
    const counted = ledger.take();
    if (counted !== null) outlet.ledger(type, counted);
  }

  /** The parts of a config whose types have their shadows. */
  partsFor(types: readonly MigratedType[], { limits, timeouts, trustedProxies }: Configured): GatewayParts {
    const { counters, tunnels, telemetry, policies, entities, guards, shadows } = this;
    tunnels.limit({ max: limits.upgradesMax, idleMs: timeouts.upgradeIdleMs });
    return {
      types,
      limits,
      timeouts,
      trustedProxies: new TrustedProxies(trustedProxies),
      counters,
      tunnels,
      telemetry,
      policies,
      entities,
      guards,
      captureBytesMax: limits.captureBytesMax,
      nowMs,
      log: (error, message) => this.#options.logger.error({ err: error }, message),
      shadowOf: (type) => {
        const shadow = shadows.get(type);
        if (shadow === undefined) throw new BanyanError('UNKNOWN_TYPE', `there is no type ${type}`);
        return shadow;
      },
    };
  }
}

/** Monotonic: durations must not jump when the machine's clock is set. */
function nowMs(): number {
  return performance.now();
}
