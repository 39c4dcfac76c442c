import type { CompareRule } from '../../src/contract/wire.ts';
import { isNumber, type Json } from './json.ts';
import { type TimeForm, timeForm } from './times.ts';

/** What a rule sees of a value; values of one form are equal to it. */
type Form = 'any' | 'number' | 'text id' | 'numeric id' | TimeForm;

/** What the rules say at one place, and where they lead from it. */
export class RuleState {
  readonly ignore: boolean;
  readonly time: boolean;
  readonly id: boolean;
  readonly number: boolean;
  /** The reason of the first `known` rule here. */
  readonly known: string | null;
  /** Whether anything here is equal that would not be so without rules. */
  readonly widens: boolean;
  readonly #named: ReadonlyMap<string, () => RuleState>;
  /** `null`: back to this state. */
  readonly #otherwise: (() => RuleState) | null;

  constructor(
    rules: readonly CompareRule[],
    named: ReadonlyMap<string, () => RuleState>,
    otherwise: (() => RuleState) | null,
  ) {
    const has = (as: CompareRule['as']): boolean => rules.some((rule) => rule.as === as);
    this.ignore = has('ignore');
    this.time = has('time');
    this.id = has('id');
    this.number = has('number');
    this.known = rules.find((rule) => rule.as === 'known')?.reason ?? null;
    this.widens = this.ignore || this.time || this.id || this.number;
    this.#named = named;
    this.#otherwise = otherwise;
  }

  /** The state at a member or an element. */
  step(key: string | number): RuleState {
    const named = this.#named.size === 0 ? undefined : this.#named.get(String(key));
    if (named !== undefined) return named();
    return this.#otherwise === null ? this : this.#otherwise();
  }

  /** Whether a rule here makes the two equal, whatever their values. */
  accepts(primary: Json, candidate: Json): boolean {
    const form = this.formOf(primary);
    return form !== null && form === this.formOf(candidate);
  }

  /** `null`: no rule here applies to such a value. */
  formOf(value: Json): Form | null {
    if (this.ignore) return 'any';
    if (this.number && isNumber(value)) return 'number';
    const time = this.time ? timeForm(value) : null;
    return time ?? (this.id ? idForm(value) : null);
  }
}

const ID_CHARS_MAX = 256;

function idForm(value: Json): Form | null {
  if (typeof value === 'string')
    return value.length <= ID_CHARS_MAX && /^[^\s\p{Cc}]+$/u.test(value) ? 'text id' : null;
  return Number.isSafeInteger(value) ? 'numeric id' : null;
}
