import type { FailureReason } from '../contract/calls.ts';
import type { Limits, Timeouts } from '../contract/limits.ts';
import { Exchange } from './exchange.ts';
import type { AnswerListener, LegRequest } from './leg-request.ts';
import { UpstreamPool } from './upstream-pool.ts';

/**
 * The way to one side of one type, for one purpose: primaries and mirrored calls never share a leg, so that a
 * candidate can hang, or fill its queue, without a client noticing.
 */
export class Leg {
  readonly #limits: Limits;
  readonly #timeouts: Timeouts;
  #pool: UpstreamPool | null = null;
  #base: URL | null = null;
  #basePath = '';
  /** Pools of earlier addresses whose calls have not ended. */
  readonly #ending = new Set<UpstreamPool>();
  #overloaded = 0;

  /** @param base URL of the upstream; `null` while it is not known yet (a v2 host that is starting) */
  constructor(base: string | null, limits: Limits, timeouts: Timeouts) {
    this.#limits = limits;
    this.#timeouts = timeouts;
    this.setBase(base);
  }

  /** Points the leg at another address; calls under way end where they began. */
  setBase(base: string | null): void {
    if (this.#pool !== null) this.#end(this.#pool);
    this.#base = base === null ? null : new URL(base);
    this.#basePath = this.#base?.pathname.replace(/\/$/, '') ?? '';
    this.#pool = this.#base === null ? null : new UpstreamPool(this.#base, this.#limits, this.#timeouts);
  }

  #end(pool: UpstreamPool): void {
    this.#ending.add(pool);
    pool.close(() => this.#ending.delete(pool));
  }

  get base(): string | null {
    return this.#base === null ? null : this.#base.origin + this.#basePath;
  }

  /** Calls under way or waiting. */
  get pending(): number {
    return this.#pool?.pending ?? 0;
  }

  get overloaded(): number {
    return this.#overloaded;
  }

  /** Sends a request. The listener hears of everything, also of a refusal to send; gives a function that aborts. */
  send(request: LegRequest, listener: AnswerListener): (reason: FailureReason) => void {
    const exchange = new Exchange(listener, request.body);
    const sent = this.#basePath === '' ? request : { ...request, target: this.#basePath + request.target };
    if (this.#pool === null) exchange.refused('refused', 'the upstream has no address yet');
    else if (!this.#pool.send(sent, exchange)) {
      this.#overloaded += 1;
      exchange.refused('overloaded', `${this.#pool.pending} calls wait for this side already`);
    }
    return (reason) => exchange.abort(reason);
  }

  /** Ends every connection, finished or not. */
  close(): void {
    for (const pool of this.#ending) pool.destroy();
    this.#pool?.destroy();
  }
}
