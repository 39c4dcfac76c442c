import type { CounterName } from '../counters.ts';
import { FAILURES_MAX, type JudgedCall, outMax, type Standing, standingAfter, type Verdict } from './ejection.ts';
import type { Instance } from './instance.ts';
import type { Failure } from './leg-request.ts';

/** How many instances a call may be offered to. */
const OFFERS_MAX = 2;

export type ChoicePorts = {
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly count: (name: CounterName) => void;
  /** An instance is left alone, or back. */
  readonly notice: (facts: Readonly<Record<string, unknown>>, message: string) => void;
};

/** Which instance of a side gets a call: the one with the fewest under way, unless it is left alone. */
export class Choice {
  readonly #instances: readonly Instance[];
  readonly #outMax: number;
  readonly #ports: ChoicePorts;
  /** Where the search for the least busy begins, so that equals take turns. */
  #turn = 0;

  constructor(instances: readonly Instance[], ports: ChoicePorts) {
    this.#instances = instances;
    this.#outMax = outMax(instances.length);
    this.#ports = ports;
  }

  /** There always is one: never are all left alone. */
  place(): Place {
    const place = this.#pick([]);
    if (place === null) throw new Error('every instance is left alone');
    return place;
  }

  /** Where a call that failed goes next, which is nowhere unless nothing was sent; or how it failed. */
  elsewhere(tried: readonly Place[], failure: Failure): Place | Failure {
    if (this.#instances.length === 1 || !tookNoConnection(failure)) return failure;
    const others = tried.map(({ instance }) => instance);
    const next = tried.length < OFFERS_MAX ? this.#pick(others) : null;
    if (next !== null) {
      this.#ports.count('calls_failed_over');
      return next;
    }
    if (this.#instances.some((instance) => instance.standing.state === 'in' && !others.includes(instance)))
      return failure;
    this.#ports.count('upstreams_unavailable');
    const message = `none of its ${this.#instances.length} instances takes connections; the last one asked: ${failure.message}`;
    return { ...failure, reason: 'unavailable', message };
  }

  /** An instance whose time is over first, so that it is tried at all; then the least busy. */
  #pick(tried: readonly Instance[]): Place | null {
    const nowMs = this.#ports.nowMs();
    let best: Instance | null = null;
    for (let step = 0; step < this.#instances.length; step += 1) {
      const instance = this.#instances[(this.#turn + step) % this.#instances.length];
      if (instance === undefined || tried.includes(instance)) continue;
      const { standing } = instance;
      if (standing.state === 'out' && standing.untilMs <= nowMs) return this.#tryOut(instance, standing.outMs, nowMs);
      if (standing.state === 'in' && (best === null || instance.underWay < best.underWay)) best = instance;
    }
    if (best === null) return null;
    this.#turn = (this.#instances.indexOf(best) + 1) % this.#instances.length;
    return new Place(best, this, { trial: false, begunAtMs: nowMs });
  }

  #tryOut(instance: Instance, outMs: number, nowMs: number): Place {
    instance.standing = { state: 'trial', outMs };
    return new Place(instance, this, { trial: true, begunAtMs: nowMs });
  }

  /** Takes note of how a call went. */
  judge(instance: Instance, call: JudgedCall): void {
    if (this.#instances.length === 1) return;
    const before = instance.standing;
    const nowMs = this.#ports.nowMs();
    instance.standing = standingAfter(before, call, nowMs, this.#out < this.#outMax);
    if (instance.standing !== before) this.#tell(instance, before, nowMs);
  }

  get #out(): number {
    return this.#instances.filter(({ standing }) => standing.state !== 'in').length;
  }

  #tell(instance: Instance, before: Standing, nowMs: number): void {
    const { standing, address } = instance;
    const facts = { instance: address.text };
    if (standing.state === 'in' && before.state === 'trial') {
      this.#ports.notice(facts, 'the instance answers again, and gets calls');
    } else if (standing.state === 'in' && standing.failuresInARow === FAILURES_MAX) {
      this.#ports.count('ejections_withheld');
    } else if (standing.state === 'out' && standing.untilMs > nowMs) {
      instance.ejections += 1;
      this.#ports.count('instances_ejected');
      this.#ports.notice({ ...facts, outMs: standing.outMs }, 'the instance failed and gets no calls for a while');
    }
  }
}

/** A call's place at an instance, where it counts as under way until it is left. */
export class Place {
  readonly instance: Instance;
  readonly #choice: Choice;
  readonly #call: { readonly trial: boolean; readonly begunAtMs: number };
  #judged = false;
  #left = false;

  constructor(instance: Instance, choice: Choice, call: { readonly trial: boolean; readonly begunAtMs: number }) {
    this.instance = instance;
    this.#choice = choice;
    this.#call = call;
    instance.underWay += 1;
  }

  /** Called with the answer's head: what comes after it is not judged, it may be long in coming. */
  answered(status: number): void {
    this.#judge(UNWELL.has(status) ? 'failed' : 'answered');
  }

  /** @param excused whether the client broke it */
  failed(failure: Failure, excused: boolean): void {
    this.#judge(excused ? 'nothing' : verdictOn(failure));
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.instance.underWay -= 1;
    this.#judge('nothing');
  }

  #judge(verdict: Verdict): void {
    if (this.#judged) return;
    this.#judged = true;
    this.#choice.judge(this.instance, { ...this.#call, verdict });
  }
}

/** What an instance, or a proxy in front of it, says when it cannot do its work (RFC 9110 §15.6.3 to 15.6.5). */
const UNWELL: ReadonlySet<number> = new Set([502, 503, 504]);

function tookNoConnection({ reason, sent }: Failure): boolean {
  return !sent && (reason === 'refused' || reason === 'connect_timeout');
}

function verdictOn({ reason, sent, stale }: Failure): Verdict {
  switch (reason) {
    case 'refused':
    case 'connect_timeout':
    case 'answer_timeout':
      return 'failed';
    case 'reset':
      // An idle connection that closed as the call was put on it is nobody's fault.
      return stale ? 'nothing' : 'failed';
    case 'malformed':
    case 'truncated':
      // What could not even be written is the request's fault.
      return sent ? 'failed' : 'nothing';
    case 'unavailable':
    case 'overloaded':
    case 'aborted':
      return 'nothing';
  }
}
