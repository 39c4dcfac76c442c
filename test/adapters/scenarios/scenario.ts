import type fc from 'fast-check';
import type { Step } from '../exchange.ts';

/** The calls with which the parity of a type is tried. */
export type Scenario = {
  /** Brings both services back to an empty state. */
  readonly reset: readonly Step[];
  /** Sequences that reach a named quirk each. */
  readonly scripts: Readonly<Record<string, readonly Step[]>>;
  /** Anything that a caller may do, sense and nonsense. */
  readonly steps: fc.Arbitrary<readonly Step[]>;
};
