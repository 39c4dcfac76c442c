import type { FailureReason } from '../../contract/calls.ts';
import type { Limits, Timeouts } from '../../contract/limits.ts';
import type { Upstream } from '../../contract/specs.ts';
import { Attempts } from './attempts.ts';
import type { ChoicePorts } from './choice.ts';
import { Exchange } from './exchange.ts';
import type { Instance } from './instance.ts';
import { Instances } from './instances.ts';
import type { AnswerListener, LegRequest } from './leg-request.ts';

export type LegOptions = { readonly limits: Limits; readonly timeouts: Timeouts } & ChoicePorts;

/** How an instance stands, for people. */
export type InstanceView = {
  readonly url: string;
  readonly state: 'in' | 'out' | 'trial';
  /** Calls and WebSockets under way. */
  readonly underWay: number;
  readonly failuresInARow: number;
  /** How often it was left alone. */
  readonly ejections: number;
  /** Until it is tried again; `null` unless it is out. */
  readonly outForMs: number | null;
};

/**
 * The way to one side of one type, for one purpose: primaries and mirrored calls never share a leg, so that a
 * candidate can hang, or fill its queue, without a client noticing.
 */
export class Leg {
  readonly #options: LegOptions;
  #instances: Instances | null = null;
  /** Instances of earlier addresses whose calls have not ended. */
  readonly #ending = new Set<Instances>();
  #overloaded = 0;

  /** @param upstream `null` while its address is not known yet (a v2 host that is starting) */
  constructor(upstream: Upstream | null, options: LegOptions) {
    this.#options = options;
    this.#setUpstream(upstream);
  }

  /** Points the leg at another address; calls under way end where they began. */
  setBase(base: string | null): void {
    this.#setUpstream(base === null ? null : { instances: [base], tls: null });
  }

  #setUpstream(upstream: Upstream | null): void {
    const { limits, timeouts } = this.#options;
    if (this.#instances !== null) this.#end(this.#instances);
    this.#instances = upstream === null ? null : new Instances(upstream, limits, timeouts, this.#options);
  }

  #end(instances: Instances): void {
    this.#ending.add(instances);
    instances.close(() => this.#ending.delete(instances));
  }

  /** Those that get the next call; `null` while there is no address. */
  get instances(): Instances | null {
    return this.#instances;
  }

  /** The address of the only instance; `null` where there are several, or none yet. */
  get base(): string | null {
    return this.#instances?.only?.address.text ?? null;
  }

  /** Calls under way or waiting. */
  get pending(): number {
    return this.#instances?.pending ?? 0;
  }

  get overloaded(): number {
    return this.#overloaded;
  }

  view(): readonly InstanceView[] {
    const nowMs = this.#options.nowMs();
    return (this.#instances?.all ?? []).map((instance) => ({
      url: instance.address.text,
      state: instance.standing.state,
      underWay: instance.underWay + (instance === this.#instances?.only ? this.pending : 0),
      failuresInARow: instance.standing.state === 'in' ? instance.standing.failuresInARow : 0,
      ejections: instance.ejections,
      outForMs: instance.standing.state === 'out' ? Math.max(0, Math.ceil(instance.standing.untilMs - nowMs)) : null,
    }));
  }

  /** Sends a request. The listener hears of everything, also of a refusal to send; gives a function that aborts. */
  send(request: LegRequest, listener: AnswerListener): (reason: FailureReason) => void {
    const instances = this.#instances;
    if (instances?.only === null) return this.#sendToOneOf(instances, request, listener);
    const exchange = new Exchange(listener, request.body);
    if (instances === null) exchange.refused('refused', 'the upstream has no address yet');
    else this.#carry(request, exchange, instances, instances.only);
    return (reason) => exchange.abort(reason);
  }

  #sendToOneOf(instances: Instances, request: LegRequest, listener: AnswerListener): (reason: FailureReason) => void {
    const attempts = new Attempts(request, listener, {
      choice: instances.choice,
      newExchange: (heard) => new Exchange(heard, request.body),
      carry: (exchange, instance, later) => this.#carry(request, exchange, instances, instance, later),
    });
    return attempts.start();
  }

  #carry(
    request: LegRequest,
    exchange: Exchange,
    { waiting }: Instances,
    instance: Instance,
    later: (() => boolean) | null = null,
  ): void {
    if (instance.send(request, exchange)) return;
    if (waiting.add(exchange, later ?? (() => instance.send(request, exchange)))) return;
    this.#overloaded += 1;
    exchange.refused('overloaded', `${this.pending} calls wait for this side already`);
  }

  /** Ends every connection, finished or not. */
  close(): void {
    for (const instances of this.#ending) instances.destroy();
    this.#instances?.destroy();
  }
}
