import { BanyanError } from '../contract/errors.ts';
import type { MigratedType } from './migrated-type.ts';
import type { GatewayParts } from './parts.ts';

/** Superseded parts that still have calls; a config that would make more of them is refused. */
const SUPERSEDED_MAX = 100;

/** The parts that one config gave, and how many calls run on them. */
type Generation = { readonly parts: GatewayParts; underWay: number };

/**
 * Swaps the parts under calls that go on: a call that began with the parts of one config ends with them, and the
 * next call gets those of the next. Parts that were superseded are let go with the last of their calls.
 */
export class Generations {
  readonly #onLetGo: (parts: GatewayParts) => void;
  readonly #superseded = new Set<Generation>();
  #current: Generation;

  /** @param onLetGo hears of superseded parts of which no call is left */
  constructor(first: GatewayParts, onLetGo: (parts: GatewayParts) => void) {
    this.#current = { parts: first, underWay: 0 };
    this.#onLetGo = onLetGo;
  }

  get parts(): GatewayParts {
    return this.#current.parts;
  }

  /** Every type that a call can still come to. */
  get types(): ReadonlySet<MigratedType> {
    return new Set([this.#current, ...this.#superseded].flatMap(({ parts }) => parts.types));
  }

  /** Runs a call on the parts that are current as it begins. */
  async run(call: (parts: GatewayParts) => Promise<void>): Promise<void> {
    const generation = this.#current;
    generation.underWay += 1;
    try {
      await call(generation.parts);
    } finally {
      generation.underWay -= 1;
      if (generation !== this.#current) this.#letGoWhenIdle(generation);
    }
  }

  /** @throws BanyanError OVERLOADED when too many earlier parts still have calls */
  admitReplacement(): void {
    if (this.#superseded.size < SUPERSEDED_MAX) return;
    throw new BanyanError('OVERLOADED', `calls of ${SUPERSEDED_MAX} earlier configs are still under way`);
  }

  replace(parts: GatewayParts): void {
    const before = this.#current;
    this.#current = { parts, underWay: 0 };
    this.#superseded.add(before);
    this.#letGoWhenIdle(before);
  }

  #letGoWhenIdle(generation: Generation): void {
    if (generation.underWay > 0) return;
    this.#superseded.delete(generation);
    this.#onLetGo(generation.parts);
  }
}
