import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { BanyanError } from '../contract/errors.ts';
import type { OtlpConfig } from '../contract/telemetry.ts';
import type { WorkersPort } from '../gateway/admin/workers.ts';
import { type DataPlane, type GatewayOptions, renews } from '../gateway/gateway.ts';
import { type ConfigChange, LiveConfig } from '../gateway/live-config.ts';
import type { Configured, GatewayParts } from '../gateway/parts.ts';
import { GatewayMetrics } from '../gateway/telemetry/gateway-metrics.ts';
import type { EntityChange, Store } from '../store/store.ts';
import type { MetricsSnapshot } from '../telemetry/metrics/snapshot.ts';
import { Acceptor } from './acceptor.ts';
import { Crew } from './crew.ts';
import { DEADLINES, type Deadlines } from './deadlines.ts';
import { mayBeOnV2 } from './may-be-on-v2.ts';
import { type Evidence, PROTOCOL, type Refusal, type Settings } from './messages.ts';
import { refusalOf } from './questions.ts';
import { sentConfig } from './sent-config.ts';
import { shareOf } from './shares.ts';
import { Tallies } from './tallies.ts';
import type { WorkerProcess } from './worker-process.ts';

export type SupervisorOptions = Omit<GatewayOptions, 'outlet' | 'announce' | 'tracing'> & {
  /** Where the workers' spans go. */
  readonly otlp: OtlpConfig | null;
  /** The command line's program, which knows the command `worker`. */
  readonly program: string;
  readonly workers: number;
  /** The state folder. */
  readonly state: string;
  /** The admin token. */
  readonly token: string;
  /** Default: `DEADLINES`. */
  readonly deadlines?: Partial<Deadlines>;
};

const LEDGER_SAVE_MS = 5000;

/**
 * A gateway of several processes. This one has all that there must be one of: the store's writer, policies, guards,
 * ledgers, the listening socket. The workers have the connections, the legs and the mirrors. It has the same rooms as
 * a gateway of one process, and nobody calls through them: what workers count is added up in them.
 */
export class Supervisor implements DataPlane {
  readonly workers: WorkersPort;
  readonly #options: SupervisorOptions;
  readonly #config: LiveConfig;
  readonly #crew: Crew;
  readonly #acceptor: Acceptor;
  readonly #tallies: Tallies;
  readonly #metrics: GatewayMetrics;
  readonly #saving: NodeJS.Timeout;
  #configured: Configured;
  #v2Host: string | null = null;
  #stopBeganMs: number | null = null;
  #url: string | null = null;

  constructor(options: SupervisorOptions) {
    const { logger, store } = options;
    this.#options = options;
    this.#configured = options;
    this.#config = new LiveConfig(options, { ...options, announce: (policy) => this.#crew.announce(policy) });
    this.#tallies = new Tallies(() => this.parts, store);
    this.#metrics = new GatewayMetrics(store);
    const { counters, policies, entities } = this.parts;
    policies.on('moved', (after, before) => {
      if (mayBeOnV2(after) || mayBeOnV2(before)) entities.expectOnV2(after.type);
    });
    for (const policy of policies.all()) if (mayBeOnV2(policy)) entities.expectOnV2(policy.type);
    const deadlines = { ...DEADLINES, ...options.deadlines };
    this.#crew = new Crew({
      fork: () => fork(options.program, ['worker'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
      size: options.workers,
      settings: () => this.#settings(),
      events: {
        record: (changes) => record(store, changes),
        evidence: (evidence) => this.#watch(evidence),
        counted: (worker, counted) => this.#tallies.absorb(worker.number, counted),
      },
      onServing: () => this.#acceptor.workerServes(),
      onEnded: (worker, untaken) => {
        this.#tallies.ended(worker.number);
        for (const socket of untaken) this.#acceptor.take(socket);
      },
      onLost: (sockets) => this.#acceptor.takeBack(sockets),
      deadlines,
      counters,
      logger,
    });
    this.#acceptor = new Acceptor({
      serving: () => this.#crew.serving,
      held: () => sum(this.#crew.all, ({ connections }) => connections),
      connectionsMax: () => this.parts.limits.clientConnectionsMax,
      quietMs: deadlines.quietMs,
      counters,
      logger,
    });
    this.workers = this.#port();
    this.#saving = setInterval(() => void this.#config.saveLedgers(), LEDGER_SAVE_MS);
    this.#saving.unref();
  }

  get parts(): GatewayParts {
    return this.#config.parts;
  }

  get draining(): boolean {
    return this.#stopBeganMs !== null;
  }

  /** What all processes have counted and measured until now. */
  async metrics(): Promise<MetricsSnapshot> {
    await this.#crew.count();
    return this.#tallies.metrics(this.#metrics.snapshot(this.parts, 0));
  }

  /** Resolves with the base URL of the data port, when it is open and every worker serves. */
  async listen(): Promise<string> {
    const { data, tls } = this.#options;
    const url = await this.#acceptor.listen(data, tls ? 'https' : 'http');
    await this.#crew.start();
    this.#url = url;
    return url;
  }

  /** Base URL of the data port; `null` before it listens. */
  get url(): string | null {
    return this.#url;
  }

  setV2Host(base: string | null): void {
    this.#v2Host = base;
    this.#config.setV2Host(base);
    this.#crew.tell({ kind: 'v2_host', base });
  }

  /**
   * Puts another config in force in every process, or in none.
   * @throws BanyanError BAD_CONFIG or OVERLOADED, with nothing changed
   */
  async reconfigure(next: Configured): Promise<ConfigChange> {
    this.#refuseWhenDraining();
    const commit = await this.#config.prepare(next);
    return this.#crew.configure(sentConfig(shareOf(next, this.#options.workers)), () => {
      this.#refuseWhenDraining(); // workers that were told of the stop would not follow
      const { tls: before = null } = this.#configured;
      this.#configured = next;
      const change = commit();
      return next.tls && renews(before, next.tls) ? { ...change, renewed: ['certificates'] } : change;
    });
  }

  #refuseWhenDraining(): void {
    if (this.draining) throw new BanyanError('OVERLOADED', 'the gateway stops, and takes no other config');
  }

  async giveNotice(): Promise<void> {
    this.#stopBeganMs ??= performance.now();
    this.#crew.tell({ kind: 'notice' });
    const { drainNoticeMs } = this.parts.timeouts;
    await sleep(Math.min(drainNoticeMs, this.#drainLeftMs()));
  }

  async close(): Promise<void> {
    this.#stopBeganMs ??= performance.now();
    clearInterval(this.#saving);
    this.#acceptor.close();
    await this.#crew.close(this.#drainLeftMs());
    await this.#config.close(Promise.resolve());
    this.#metrics.stop();
  }

  /** For an end that waits for nothing. */
  killWorkers(): void {
    this.#crew.killAll();
  }

  #drainLeftMs(): number {
    const elapsedMs = performance.now() - (this.#stopBeganMs ?? performance.now());
    return Math.max(0, this.parts.timeouts.drainMs - elapsedMs);
  }

  #settings(): Settings {
    const { state, token, redactionKey, logger, workers, otlp } = this.#options;
    const { types, limits, timeouts, trustedProxies, tls = null } = this.#configured;
    return {
      protocol: PROTOCOL,
      state,
      configured: sentConfig(shareOf({ types, limits, timeouts, trustedProxies, tls }, workers)),
      v2Host: this.#v2Host,
      onV2: types.map(({ name }) => name).filter((type) => this.parts.entities.anyOnV2(type)),
      adminToken: token,
      redactionKey: Buffer.from(redactionKey).toString('base64url'),
      draining: this.draining,
      logLevel: logger.level,
      otlp,
    };
  }

  #watch(evidence: readonly Evidence[]): void {
    const known = new Set(this.parts.policies.all().map(({ type }) => type));
    for (const [type, v2Failed] of evidence) if (known.has(type)) this.parts.guards.watch(type, v2Failed);
  }

  #port(): WorkersPort {
    return {
      count: () => this.#crew.count(),
      mirror: (type) => this.#tallies.mirror(type),
      instances: (type) => this.#tallies.instances(type),
      restart: () => this.#crew.restart(this.parts.timeouts.drainMs),
      view: () => ({
        expected: this.#options.workers,
        serving: this.#crew.serving.length,
        restarts: this.#crew.restarts,
        held: this.#crew.held,
        rolling: this.#crew.rolling,
        list: this.#crew.all.map(viewOf),
      }),
    };
  }
}

function viewOf({ number, pid, state, startedAtMs, connections }: WorkerProcess) {
  return { number, pid, state, startedAtMs, connections };
}

/** Changes of one worker's turn, committed together. */
function record(store: Store, changes: readonly EntityChange[]): Promise<readonly (Refusal | null)[]> {
  const recorded = async (change: EntityChange) => {
    try {
      await store.changeEntity(change);
      return null;
    } catch (error) {
      return refusalOf(error, 'STORE_FAILED');
    }
  };
  return Promise.all(changes.map(recorded));
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
