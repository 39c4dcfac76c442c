import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { BanyanError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import type { OtlpConfig } from '../contract/telemetry.ts';
import { Gateway } from '../gateway/gateway.ts';
import type { ConfigChange } from '../gateway/live-config.ts';
import type { Configured, GatewayParts } from '../gateway/parts.ts';
import { DebugTokens } from '../gateway/telemetry/debug-tokens.ts';
import type { MovedQuestion } from '../gateway/type-shadow.ts';
import { openFollowerStore } from '../store/follower.ts';
import type { Store } from '../store/store.ts';
import { openTracing } from '../telemetry/trace/open-tracing.ts';
import type { Tracing } from '../telemetry/trace/tracing.ts';
import { mayBeOnV2 } from './may-be-on-v2.ts';
import { type FromWorker, PROTOCOL, type Question, type Settings, type ToWorker } from './messages.ts';
import { ownMetrics } from './metrics-tally.ts';
import { Outbox } from './outbox.ts';
import { refusalOf } from './questions.ts';
import { receivedConfig } from './sent-config.ts';

/** How often what was counted is sent. A worker that is killed takes no more with it. */
const COUNT_MS = 1000;
const ORPHAN_DRAIN_MS = 2000;

/** How the supervisor is reached; a worker's `process` is one. */
export type Channel = {
  readonly send: (message: FromWorker) => void;
  readonly onMessage: (listener: (message: ToWorker, socket: Socket | undefined) => void) => void;
  /** The supervisor is gone. */
  readonly onEnd: (listener: () => void) => void;
};

export type WorkerOptions = {
  /** How long calls under way may take to end when the supervisor is gone; default 2,000. */
  readonly orphanDrainMs?: number;
};

/** Resolves when the worker has ended all it had to. */
export function runWorker(channel: Channel, { orphanDrainMs = ORPHAN_DRAIN_MS }: WorkerOptions = {}): Promise<void> {
  return new Promise((resolve) => new Worker(channel, orphanDrainMs, resolve));
}

const DONE = {};

/** What can only be when the settings have come. */
type Serving = {
  readonly gateway: Gateway;
  readonly store: Store;
  readonly logger: Logger;
  readonly tracing: Tracing | null;
};

/** A config on its way into force; `commit` is `null` while it is prepared. */
type Attempt = { readonly number: number; commit: (() => ConfigChange) | null };

/** A process that serves connections, and leaves to the supervisor what there must be one of. */
class Worker {
  readonly #channel: Channel;
  readonly #orphanDrainMs: number;
  readonly #ended: () => void;
  readonly #outbox: Outbox;
  #serving: Serving | null = null;
  /** The config that is being prepared, or is. */
  #attempt: Attempt | null = null;
  #ending: Promise<void> | null = null;
  /** What came while the worker starts, in order. */
  #waiting: (() => void)[] | null = null;

  constructor(channel: Channel, orphanDrainMs: number, ended: () => void) {
    this.#channel = channel;
    this.#orphanDrainMs = orphanDrainMs;
    this.#ended = ended;
    this.#outbox = new Outbox(channel.send);
    channel.onMessage((message, socket) => this.#inOrder(() => this.#heard(message, socket)));
    channel.onEnd(() => void this.#orphaned());
  }

  #inOrder(hear: () => void): void {
    if (this.#waiting === null) hear();
    else this.#waiting.push(hear);
  }

  #heard(message: ToWorker, socket: Socket | undefined): void {
    switch (message.kind) {
      case 'answer':
        return void this.#outbox.answered(message);
      case 'connection':
        return void this.#take(message.connection, socket);
      case 'discard':
        if (this.#attempt?.number === message.attempt) this.#attempt = null;
        return;
      case 'v2_host':
        return void this.#serving?.gateway.setV2Host(message.base);
      case 'notice':
        return void this.#serving?.gateway.giveNotice();
      case 'retire':
        return void this.#retire();
      case 'close':
        return void this.#close();
      default:
        return void this.#answer(message);
    }
  }

  async #answer(question: Question & { readonly number: number }): Promise<void> {
    const { number } = question;
    try {
      this.#channel.send({ kind: 'answer', number, ...(await this.#do(question)) });
    } catch (error) {
      this.#channel.send({ kind: 'answer', number, error: refusalOf(error) });
    }
  }

  async #do(question: Question): Promise<{ readonly moved?: boolean }> {
    switch (question.kind) {
      case 'start':
        await this.#startInOrder(question.settings);
        return DONE;
      case 'policy':
        follow(this.#gateway().parts, question.policy);
        return DONE;
      case 'moved':
        return { moved: this.#moved(question.question) };
      case 'prepare':
        await this.#prepare(question.attempt, receivedConfig(question.configured));
        return DONE;
      case 'commit':
        this.#commit(question.attempt);
        return DONE;
      case 'count':
        await this.#count('all');
        return DONE;
    }
  }

  async #prepare(number: number, configured: Configured): Promise<void> {
    const attempt: Attempt = { number, commit: null };
    this.#attempt = attempt;
    attempt.commit = await this.#gateway().prepare(configured);
  }

  #commit(number: number): void {
    const attempt = this.#attempt;
    this.#attempt = null;
    if (attempt?.number !== number || attempt.commit === null) {
      throw new BanyanError('INTERNAL', `config ${number} is not prepared here`);
    }
    attempt.commit();
  }

  async #startInOrder(settings: Settings): Promise<void> {
    this.#waiting = [];
    try {
      await this.#start(settings);
    } finally {
      const waiting = this.#waiting;
      this.#waiting = null;
      for (const hear of waiting) hear();
    }
  }

  async #start(settings: Settings): Promise<void> {
    if (settings.protocol !== PROTOCOL) {
      throw new BanyanError('BAD_CONFIG', `the supervisor speaks protocol ${settings.protocol}, this is ${PROTOCOL}`);
    }
    const { state, configured, v2Host, onV2, draining, logLevel, otlp } = settings;
    const logger = pino({ name: 'banyan', level: logLevel }, pino.destination(2));
    const store = openFollowerStore(state, this.#outbox.writer);
    const data = { host: '', port: 0 }; // it never listens itself
    const tracing = await tracingOf(otlp, logger);
    const redactionKey = Buffer.from(settings.redactionKey, 'base64url');
    const secrets = { redactionKey, debugTokens: new DebugTokens(settings.adminToken) };
    const outlet = this.#outbox;
    const gateway = new Gateway({ ...receivedConfig(configured), ...secrets, data, store, logger, tracing, outlet });
    gateway.setV2Host(v2Host);
    for (const type of onV2) gateway.parts.entities.expectOnV2(type);
    this.#serving = { gateway, store, logger, tracing };
    if (draining) void gateway.giveNotice();
    setInterval(() => void this.#countQuietly(gateway, logger), COUNT_MS).unref();
  }

  #moved({ type, scopes, sinceMs }: MovedQuestion): boolean {
    const { types, shadowOf } = this.#gateway().parts;
    return types.some(({ name }) => name === type) && shadowOf(type).mirror.movedSince(scopes, sinceMs);
  }

  #gateway(): Gateway {
    if (this.#serving === null) throw new BanyanError('INTERNAL', 'the worker has not started');
    return this.#serving.gateway;
  }

  /** Said first: from then on the connection is this worker's, whatever becomes of it. */
  #take(connection: number, socket: Socket | undefined): void {
    this.#channel.send({ kind: 'took', connection });
    if (socket === undefined) return void this.#outbox.connectionLeft(); // its client had left
    socket.once('close', () => this.#outbox.connectionLeft());
    this.#gateway().adopt(socket);
  }

  /** @param measured what is always kept up; or all, which somebody wants to see */
  async #count(measured: 'calls' | 'all'): Promise<void> {
    if (this.#serving === null) return;
    const { gateway } = this.#serving;
    await gateway.saveLedgers();
    const { counters, types, shadowOf, telemetry } = gateway.parts;
    const mirrors = Object.fromEntries(types.map(({ name }) => [name, shadowOf(name).view()]));
    const metrics = measured === 'all' ? gateway.metrics().metrics : telemetry.metrics.points();
    const instances = Object.fromEntries(types.map((type) => [type.name, type.instances()]));
    this.#outbox.count(counters, { mirrors, instances, metrics: ownMetrics(metrics) });
  }

  /** What cannot be told is told the next time; it ends no call. */
  async #countQuietly({ parts }: Gateway, logger: Logger): Promise<void> {
    try {
      await this.#count('calls');
    } catch (error) {
      parts.counters.add('telemetry_defects');
      logger.error({ err: error }, 'a worker could not tell what it has counted');
    }
  }

  #retire(): Promise<void> {
    this.#ending ??= this.#endAfter(this.#serving?.gateway.retire());
    return this.#ending;
  }

  /** Of one that retires, what is idle ends now. */
  #close(): Promise<void> {
    const closed = this.#serving?.gateway.close();
    this.#ending ??= this.#endAfter(closed);
    return this.#ending;
  }

  async #endAfter(gatewayEnds: Promise<void> | undefined): Promise<void> {
    if (this.#serving !== null) {
      await gatewayEnds;
      await this.#count('all');
      await this.#serving.store.close();
      await this.#serving.tracing?.close();
    }
    this.#ended();
  }

  /** Nobody can make an owner durable any more, and nobody would replace this worker. */
  async #orphaned(): Promise<void> {
    this.#outbox.end();
    this.#serving?.logger.error('the supervisor has ended: what is in flight may end, nothing else');
    const deadline = new AbortController();
    const { signal } = deadline;
    await Promise.race([this.#close(), sleep(this.#orphanDrainMs, undefined, { signal }).catch(() => undefined)]);
    deadline.abort();
    this.#ended();
  }
}

async function tracingOf(otlp: OtlpConfig | null, logger: Logger): Promise<Tracing | null> {
  if (otlp === null) return null;
  return openTracing(otlp, (error) => logger.warn({ err: error }, 'spans could not be delivered to the collector'));
}

/** Old owners are looked up anew with each call, so nothing else has to change with a policy. */
function follow({ policies, entities }: GatewayParts, policy: Policy): void {
  const known = policies.all().find(({ type }) => type === policy.type);
  if (mayBeOnV2(policy) || (known !== undefined && mayBeOnV2(known))) entities.expectOnV2(policy.type);
  policies.follow(policy);
}
