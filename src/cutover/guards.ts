import { type Finding, GUARD_START, type GuardState, watch } from './guard.ts';
import type { Policies } from './policies.ts';

/**
 * The guards of all types: each hears how V2 did as primary, and takes its type back to legacy by itself.
 * A type that is rolled back already, or moved meanwhile, starts anew.
 */
export class Guards {
  readonly #policies: Policies;
  readonly #onFinding: (type: string, finding: Finding) => void;
  readonly #onError: (error: unknown) => void;
  readonly #states = new Map<string, GuardState>();

  constructor(
    policies: Policies,
    on: { readonly finding: (type: string, finding: Finding) => void; readonly error: (error: unknown) => void },
  ) {
    this.#policies = policies;
    this.#onFinding = on.finding;
    this.#onError = on.error;
    policies.on('moved', (policy) => this.#states.delete(policy.type));
  }

  watch(type: string, v2Failed: boolean): void {
    if (this.#policies.current(type).rolledBack !== null) return;
    const { state, finding } = watch(this.#states.get(type) ?? GUARD_START, v2Failed);
    this.#states.set(type, state);
    if (finding.kind === 'none') return;
    this.#onFinding(type, finding);
    this.#policies.rollBack(type, { actor: 'guard', reason: finding.reason }).catch(this.#onError);
  }
}
