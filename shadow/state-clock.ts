import type { NamedEntity } from '../src/contract/calls.ts';
import type { Effect } from '../src/contract/wire.ts';

/** When a call began, as the state it touches saw it. */
export type Moment = {
  readonly scopes: readonly string[];
  readonly sequence: number;
  /** No write of these scopes was under way. */
  readonly quiet: boolean;
  readonly beganMs: number;
};

/** Monotonic milliseconds that all processes of the machine share. */
const machineMs = () => Number(process.hrtime.bigint()) / 1e6;

/** The whole of a type's state. */
const ALL = '*';

/** Scopes remembered after their writes ended; what is forgotten counts as moved just now. */
const SCOPES_MAX = 10_000;

type Scope = { lastBegun: number; underWay: number; lastEndedMs: number };

/**
 * Tells whether two reads of different sides can have seen the same state: only when no write of their scope was
 * under way as the first began, and none has begun since. A write is under way until its mirrored copy ended.
 */
export class StateClock {
  readonly #scopes = new Map<string, Scope>();
  readonly #order: 'entity' | 'type';
  readonly #nowMs: () => number;
  #sequence = 0;
  /** The latest write of any scope that was forgotten. */
  #forgotten = 0;
  #forgottenEndedMs = Number.NEGATIVE_INFINITY;

  /** @param order what state a call touches: its entities, or all of the type's */
  constructor(order: 'entity' | 'type', nowMs: () => number = machineMs) {
    this.#order = order;
    this.#nowMs = nowMs;
  }

  begin(effect: Effect, named: readonly NamedEntity[]): Moment {
    const scopes = this.#scopesOf(effect, named);
    const quiet = scopes.every((name) => (this.#scopes.get(name)?.underWay ?? 0) === 0);
    if (effect === 'write') for (const name of scopes) this.#writeBegins(name);
    return { scopes, sequence: this.#sequence, quiet, beganMs: this.#nowMs() };
  }

  /** A write ended on both sides, or will not reach the other. */
  end(effect: Effect, moment: Moment): void {
    if (effect !== 'write') return;
    for (const name of moment.scopes) {
      const scope = this.#scopes.get(name);
      if (scope === undefined) continue;
      scope.underWay -= 1;
      scope.lastEndedMs = this.#nowMs();
    }
    this.#forget();
  }

  /** Whether state may have moved between this moment and now. */
  moved(moment: Moment): boolean {
    const lastBegun = (name: string) => this.#scopes.get(name)?.lastBegun ?? this.#forgotten;
    return !moment.quiet || moment.scopes.some((name) => lastBegun(name) > moment.sequence);
  }

  /** Whether a write of any of these scopes was under way at some time since then. For another process's calls. */
  movedSince(scopes: readonly string[], sinceMs: number): boolean {
    return scopes.some((name) => {
      const scope = this.#scopes.get(name);
      if (scope === undefined) return this.#forgottenEndedMs >= sinceMs;
      return scope.underWay > 0 || scope.lastEndedMs >= sinceMs;
    });
  }

  /**
   * The scopes in which another process's write, whose copy keeps no order with this call's, may explain that the
   * sides differ. A write that names nothing is not held against every other write of its type.
   */
  disputable(effect: Effect, { scopes }: Moment): readonly string[] {
    return effect === 'read' || this.#order === 'type' ? scopes : scopes.filter((name) => name !== ALL);
  }

  /** A write without a name still moves the whole; a read of one entity is moved by that entity's writes only. */
  #scopesOf(effect: Effect, named: readonly NamedEntity[]): readonly string[] {
    if (this.#order === 'type' || named.length === 0) return [ALL];
    const scopes = named.map(({ kind, id }) => `${kind}:${id}`);
    return effect === 'write' ? [ALL, ...scopes] : scopes;
  }

  #writeBegins(name: string): void {
    this.#sequence += 1;
    const before = this.#scopes.get(name);
    this.#scopes.delete(name);
    this.#scopes.set(name, {
      lastBegun: this.#sequence,
      underWay: (before?.underWay ?? 0) + 1,
      lastEndedMs: before?.lastEndedMs ?? Number.NEGATIVE_INFINITY,
    });
  }

  #forget(): void {
    for (const [name, scope] of this.#scopes) {
      if (this.#scopes.size <= SCOPES_MAX) return;
      if (scope.underWay > 0) continue;
      this.#forgotten = Math.max(this.#forgotten, scope.lastBegun);
      this.#forgottenEndedMs = Math.max(this.#forgottenEndedMs, scope.lastEndedMs);
      this.#scopes.delete(name);
    }
  }
}
