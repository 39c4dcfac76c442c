import { EventEmitter } from 'node:events';
import { BanyanError } from '../contract/errors.ts';
import {
  type AuditLine,
  initialPolicy,
  type Policy,
  type PolicyAction,
  PPM_ALL,
  type Ppm,
} from '../contract/policy.ts';
import { STAGES, type Stage } from '../contract/stages.ts';
import type { PolicyMoved, Store } from '../store/store.ts';

/** Who wants a change, and why; both go into the audit log. */
export type Wish = {
  readonly actor: string;
  readonly reason: string;
  /** The revision that the wish was made from; another one refuses it. */
  readonly expectRevision?: number;
};

type PolicyEvents = { moved: [policy: Policy, before: Policy] };

/**
 * The policies of all types: a Map in front of the store. Every change goes through `#move`: one new revision,
 * one audit line, one event, durable before it is in force.
 */
export class Policies extends EventEmitter<PolicyEvents> {
  readonly #store: Store;
  readonly #nowMs: () => number;
  readonly #announce: (policy: Policy) => Promise<void>;
  readonly #current = new Map<string, Policy>();

  /** @param announce resolves when a policy that moved is in force in every other process too */
  constructor(
    store: Store,
    types: readonly string[],
    nowMs: () => number = Date.now,
    announce: (policy: Policy) => Promise<void> = async () => undefined,
  ) {
    super();
    this.#store = store;
    this.#nowMs = nowMs;
    this.#announce = announce;
    this.add(types);
  }

  /** Knows these types too: what the store has of one is in force again, another starts at `off`. */
  add(types: readonly string[]): void {
    const fresh = new Set(types.filter((type) => !this.#current.has(type)));
    for (const type of fresh) this.#current.set(type, initialPolicy(type));
    for (const policy of this.#store.policies()) if (fresh.has(policy.type)) this.#current.set(policy.type, policy);
  }

  /** Another process has moved it. What is older than what is known, or of a type that is not, changes nothing. */
  follow(policy: Policy): void {
    const before = this.#current.get(policy.type);
    if (before === undefined || before.revision >= policy.revision) return;
    this.#current.set(policy.type, policy);
    this.emit('moved', policy, before);
  }

  /** The config has the type no more, and no call of it is left. The store keeps its policy and its audit log. */
  forget(type: string): void {
    this.#current.delete(type);
  }

  /** @throws BanyanError UNKNOWN_TYPE */
  current(type: string): Policy {
    const policy = this.#current.get(type);
    if (policy === undefined) throw new BanyanError('UNKNOWN_TYPE', `there is no type ${JSON.stringify(type)}`);
    return policy;
  }

  all(): readonly Policy[] {
    return [...this.#current.values()];
  }

  audit(query: { readonly type?: string; readonly limit: number }): readonly AuditLine[] {
    return this.#store.auditLines(query);
  }

  /**
   * Moves a type to a stage. `sharePpm` is for `ramp` and needed there. A type that is rolled back may only be
   * switched `off`; it stays rolled back until it is resumed.
   * @throws BanyanError ROLLED_BACK when the type must be resumed first, BAD_INPUT for a share that fits no stage
   */
  stage(type: string, stage: Stage, sharePpm: Ppm | undefined, wish: Wish): Promise<PolicyMoved> {
    const before = this.current(type);
    if (before.rolledBack !== null && stage !== 'off') {
      throw new BanyanError(
        'ROLLED_BACK',
        `${type} was rolled back by ${before.rolledBack.by}: ${before.rolledBack.reason}`,
      );
    }
    const share = shareFor(stage, sharePpm);
    const after = { ...before, stage, sharePpm: share };
    // Leaving for a stage at which V2 answers nobody strands what V2 owns, unless it moves along.
    return this.#move('stage', before, after, wish, !STAGES[stage].canRollBack);
  }

  /** Gives every new key, and every entity that can move, to legacy. A type already rolled back stays as it is. */
  rollBack(type: string, wish: Wish): Promise<PolicyMoved> {
    const before = this.current(type);
    if (!STAGES[before.stage].canRollBack) {
      throw new BanyanError('CANNOT_ROLL_BACK', `${type} is at stage ${before.stage}`);
    }
    const rolledBack = before.rolledBack ?? { by: wish.actor, reason: wish.reason, atMs: this.#nowMs() };
    return this.#move('rollback', before, { ...before, rolledBack }, wish, true);
  }

  /** Puts the stage and share that a rollback suspended back in force. */
  resume(type: string, wish: Wish): Promise<PolicyMoved> {
    const before = this.current(type);
    if (before.rolledBack === null) throw new BanyanError('NOT_ROLLED_BACK', `${type} is not rolled back`);
    return this.#move('resume', before, { ...before, rolledBack: null }, wish, false);
  }

  async #move(
    action: PolicyAction,
    before: Policy,
    change: Policy,
    wish: Wish,
    entitiesToLegacy: boolean,
  ): Promise<PolicyMoved> {
    const expectRevision = wish.expectRevision ?? before.revision;
    const next: Policy = { ...change, revision: before.revision + 1 };
    const moved = this.#store.movePolicy({
      next,
      line: {
        atMs: this.#nowMs(),
        actor: wish.actor,
        type: next.type,
        action,
        reason: wish.reason,
        before,
        after: next,
      },
      expectRevision,
      entitiesToLegacy,
    });
    const result = await moved;
    this.#current.set(next.type, next);
    this.emit('moved', next, before);
    await this.#announce(next);
    return result;
  }
}

function shareFor(stage: Stage, sharePpm: Ppm | undefined): Ppm {
  if (stage !== 'ramp') {
    if (sharePpm !== undefined)
      throw new BanyanError('BAD_INPUT', `share: expected none at stage ${stage}, got ${sharePpm} ppm`);
    return STAGES[stage].primary === 'v2' ? PPM_ALL : 0;
  }
  if (sharePpm === undefined)
    throw new BanyanError('BAD_INPUT', 'share: expected one at stage ramp, such as 5%, got none');
  if (!Number.isInteger(sharePpm) || sharePpm < 0 || sharePpm > PPM_ALL) {
    throw new BanyanError('BAD_INPUT', `share: expected 0 to ${PPM_ALL} ppm, got ${sharePpm}`);
  }
  return sharePpm;
}
