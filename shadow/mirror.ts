import type {
  CallCopy,
  DropReason,
  NamedEntity,
  NotComparableReason,
  Observation,
  Outcome,
} from '../src/contract/calls.ts';
import type { Limits } from '../src/contract/limits.ts';
import type { Side } from '../src/contract/stages.ts';
import type { Effect } from '../src/contract/wire.ts';
import type { Translation } from '../src/wire/translate.ts';
import { Breaker } from './breaker.ts';
import type { Comparison, Pairing } from './compare/index.ts';
import { Lanes } from './lanes.ts';
import { Precedence } from './precedence.ts';
import { Slots } from './slots.ts';
import { type Moment, StateClock } from './state-clock.ts';
import type { CreatedPair, Twins } from './twins.ts';

/** A call that the primary has answered and the candidate shall see. */
export type MirrorJob = {
  /** As the client sent it. */
  readonly call: CallCopy;
  readonly candidate: Side;
  readonly primary: Observation;
  /** What the primary's answer created. */
  readonly created: readonly NamedEntity[];
  /** When the call began. */
  readonly begun: Begun;
};

/** What the mirror noted as a call began; `Mirror.begin` gives it, and its call must be offered or abandoned. */
export type Begun = { readonly moment: Moment; readonly mark: number };

/** How an eligible call ended in the shadow. */
export type Settlement =
  | { readonly kind: 'compared'; readonly comparison: Comparison; readonly candidate: Observation }
  | { readonly kind: 'not_comparable'; readonly reason: NotComparableReason; readonly candidate: Observation | null }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/** Whether a side can be asked about the entities that a call names. */
export type Reach =
  | { readonly kind: 'absent' }
  /** It is there, but its two sides have parted. */
  | { readonly kind: 'stale' }
  | {
      readonly kind: 'reachable';
      /** The ids that the call must carry there. */
      readonly translation: Translation;
      /** All of them are recorded. Others may be from before the mirror began, or not be at all. */
      readonly recorded: boolean;
    };

/** Copies keep their order within a process only: what is asked of the others. */
export type OtherMirrors = {
  /** Resolves when twins that another process may be about to learn are known, or late. */
  readonly awaitTwins: (side: Side, named: readonly NamedEntity[]) => Promise<void>;
  /** Whether another process had a write of these scopes under way at some time since; `true` when nobody can say. */
  readonly moved: (scopes: readonly string[], sinceMs: number) => Promise<boolean>;
};

/** What the mirror needs of the rest; all of it may be asked at any time, none of it may throw. */
export type MirrorPorts = {
  /** Sends the copy with these ids in place of the client's; gives an outcome in every case. */
  readonly send: (side: Side, call: CallCopy, translation: Translation) => Promise<Observation>;
  readonly reach: (side: Side, named: readonly NamedEntity[]) => Reach;
  /** Other processes that mirror calls of the same type; `null`: there is none. */
  readonly others: OtherMirrors | null;
  /** Whether the type still sends copies to this side. */
  readonly mirrorsTo: (side: Side) => boolean;
  /** What an answer of this operation created. */
  readonly createdBy: (operation: string, observation: Observation) => readonly NamedEntity[];
  readonly compare: (primary: Observation, candidate: Observation, pairing: Pairing) => Comparison;
  readonly settled: (job: MirrorJob, settlement: Settlement) => void;
  /** Hears of what should not have been thrown. */
  readonly defect: (error: unknown) => void;
  readonly nowMs: () => number;
};

/**
 * Sends the candidate its copies. Everything here happens after the client has its answer: a copy waits in a
 * bounded queue for its turn (calls of one entity keep their order) and for a slot, and a copy that cannot be
 * sent is dropped and counted, never waited for.
 */
export class Mirror {
  readonly #ports: MirrorPorts;
  #limits: Limits;
  readonly #order: 'entity' | 'type';
  readonly #twins: Twins;
  readonly #clock: StateClock;
  readonly #lanes = new Lanes();
  readonly #precedence = new Precedence();
  readonly #slots: Slots;
  readonly #breakers: Readonly<Record<Side, Breaker>>;
  readonly #underWay = new Set<Promise<void>>();
  #waitingBytes = 0;
  #stopping = false;

  constructor(options: {
    readonly ports: MirrorPorts;
    readonly limits: Limits;
    readonly order: 'entity' | 'type';
    readonly twins: Twins;
  }) {
    this.#ports = options.ports;
    this.#limits = options.limits;
    this.#order = options.order;
    this.#twins = options.twins;
    this.#clock = new StateClock(options.order);
    this.#slots = new Slots(options.limits.mirrorInFlightMax);
    this.#breakers = { legacy: new Breaker(options.ports.nowMs), v2: new Breaker(options.ports.nowMs) };
  }

  /** Other bounds from now on; copies that wait keep their place. */
  setLimits(limits: Limits): void {
    this.#limits = limits;
    this.#slots.resize(limits.mirrorInFlightMax);
  }

  /** An eligible call begins. */
  begin(effect: Effect, named: readonly NamedEntity[]): Begun {
    return { moment: this.#clock.begin(effect, named), mark: this.#precedence.mark() };
  }

  /** A call that was begun will not be offered: its primary gave the client no answer. */
  abandon(call: CallCopy, begun: Begun, created: readonly NamedEntity[]): void {
    this.#clock.end(call.effect, begun.moment);
    if (call.effect === 'write') this.#twins.markStale(call.entities, created);
  }

  /** Takes a job, or drops it at once. Returns immediately in either case. */
  offer(job: MirrorJob): void {
    const refused = this.#refusal(job);
    if (refused !== null) {
      this.#settle(job, { kind: 'dropped', reason: refused });
      return;
    }
    const bytes = job.call.body?.byteLength ?? 0;
    this.#waitingBytes += bytes;
    const run = this.#inTurn(job, () => this.#whenReachable(job)).finally(() => {
      this.#waitingBytes -= bytes;
      this.#underWay.delete(run);
    });
    this.#underWay.add(run);
  }

  async #whenReachable(job: MirrorJob): Promise<void> {
    const { others } = this.#ports;
    if (others !== null) await others.awaitTwins(job.candidate, job.call.entities);
    await this.#slots.hold(() => this.#mirror(job));
  }

  #inTurn(job: MirrorJob, task: () => Promise<void>): Promise<void> {
    return this.#order === 'type' ? this.#precedence.run(job.begun.mark, task) : this.#lanes.run(entityKeys(job), task);
  }

  /** Whether a write of any of these scopes was under way here at some time since: for another process's mirror. */
  movedSince(scopes: readonly string[], sinceMs: number): boolean {
    return this.#clock.movedSince(scopes, sinceMs);
  }

  /** Jobs waiting or under way. */
  get pending(): number {
    return this.#underWay.size;
  }

  /** Resolves when all that was taken has ended. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Drops what waits; resolves when what was sent has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.idle();
  }

  #refusal({ call }: MirrorJob): DropReason | null {
    if (this.#stopping) return 'shutdown';
    if (call.body === null) return 'body_too_large';
    const bytes = this.#waitingBytes + call.body.byteLength;
    const full = this.#underWay.size >= this.#limits.mirrorQueueMax || bytes > this.#limits.mirrorQueueBytesMax;
    return full ? 'queue_full' : null;
  }

  async #mirror(job: MirrorJob): Promise<void> {
    try {
      this.#settle(job, await this.#settlement(job));
    } catch (error) {
      // A defect here must not end the gateway, which has clients to answer.
      this.#ports.defect(error);
      this.#settle(job, { kind: 'dropped', reason: 'defect' });
    }
  }

  async #settlement(job: MirrorJob): Promise<Settlement> {
    const dropped = this.#lateRefusal(job);
    if (dropped !== null) return { kind: 'dropped', reason: dropped };
    // A read is sent to be compared, and this one cannot be.
    if (job.call.effect === 'read' && isTooLong(job.primary.outcome)) {
      return { kind: 'not_comparable', reason: 'primary_too_large', candidate: null };
    }
    const reach = this.#ports.reach(job.candidate, job.call.entities);
    if (reach.kind === 'absent') return { kind: 'not_comparable', reason: 'no_twin', candidate: null };
    if (reach.kind === 'stale') return { kind: 'not_comparable', reason: 'stale_twin', candidate: null };
    // Asked last: a breaker that admits a call expects to hear how it ended.
    if (!this.#breakers[job.candidate].admits()) return { kind: 'dropped', reason: 'breaker_open' };
    const candidate = await this.#ports.send(job.candidate, job.call, reach.translation);
    if (isAborted(candidate)) return { kind: 'dropped', reason: 'shutdown' };
    this.#heard(job, candidate);
    this.#learn(job, candidate);
    return this.#judge(job, candidate, reach.recorded);
  }

  #lateRefusal({ candidate }: MirrorJob): DropReason | null {
    if (this.#stopping) return 'shutdown';
    // A rollback ends the copies to V2; those to legacy go on, so that V2's entities can follow there.
    return candidate === 'v2' && !this.#ports.mirrorsTo('v2') ? 'policy_moved' : null;
  }

  /** An endless answer where the primary's was short costs as much as a failure, and says as little. */
  #heard({ candidate: side, primary }: MirrorJob, { outcome }: Observation): void {
    const isEndless = isTooLong(outcome) && !isTooLong(primary.outcome);
    if (outcome.kind === 'failure' || isEndless) this.#breakers[side].failed();
    else this.#breakers[side].succeeded();
  }

  /** Before comparing: the ids of this very answer differ, and that is no difference. */
  #learn({ call, candidate, created }: MirrorJob, observation: Observation): void {
    const there = this.#ports.createdBy(call.operation, observation);
    for (const { kind, id } of created) {
      const twin = there.find((other) => other.kind === kind);
      if (twin === undefined) continue;
      const pair: CreatedPair = { kind, id, candidateId: twin.id };
      this.#twins.learn(candidate, pair);
    }
  }

  async #judge(
    { call, primary, candidate: side, begun }: MirrorJob,
    candidate: Observation,
    recorded: boolean,
  ): Promise<Settlement> {
    const comparison = this.#ports.compare(primary, candidate, this.#twins.pairing(side));
    // A candidate that gave no answer is to blame whatever the state.
    const parted = comparison.verdict === 'mismatch' && candidate.outcome.kind === 'answer';
    // An id that nobody recorded may be of an entity from before the mirror began, which the candidate cannot know.
    if (parted && !recorded) return { kind: 'not_comparable', reason: 'no_twin', candidate };
    if (parted && call.effect === 'read' && this.#clock.moved(begun.moment)) {
      return { kind: 'not_comparable', reason: 'state_moved', candidate };
    }
    if (parted && (await this.#movedElsewhere(call, begun))) {
      return { kind: 'not_comparable', reason: 'state_moved', candidate };
    }
    return { kind: 'compared', comparison, candidate };
  }

  async #movedElsewhere({ effect }: CallCopy, { moment }: Begun): Promise<boolean> {
    const { others } = this.#ports;
    const scopes = this.#clock.disputable(effect, moment);
    return others !== null && scopes.length > 0 && others.moved(scopes, moment.beganMs);
  }

  #settle(job: MirrorJob, settlement: Settlement): void {
    this.#clock.end(job.call.effect, job.begun.moment);
    if (job.call.effect === 'write' && !agreed(settlement)) this.#twins.markStale(job.call.entities, job.created);
    this.#ports.settled(job, settlement);
  }
}

/** Only the gateway aborts a copy: it stops, and waited long enough. */
function isAborted({ outcome }: Observation): boolean {
  return outcome.kind === 'failure' && outcome.reason === 'aborted';
}

function agreed(settlement: Settlement): boolean {
  if (settlement.kind !== 'compared') return false;
  return settlement.comparison.verdict === 'match' || settlement.comparison.verdict === 'explained';
}

function isTooLong(outcome: Outcome): boolean {
  return outcome.kind === 'answer' && outcome.body === null;
}

function entityKeys({ call, created }: MirrorJob): readonly string[] {
  return [...call.entities, ...created].map(({ kind, id }) => `${kind}:${id}`);
}
