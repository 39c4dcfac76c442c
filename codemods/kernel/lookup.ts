import type { Barrels } from './barrels.ts';
import type { Checked } from './program.ts';
import type { Resolve } from './specifiers.ts';

/** How a file's specifiers and names are looked up. */
export type Lookup = {
  readonly checked: Checked;
  readonly resolve: Resolve;
  readonly isInProgram: (path: string) => boolean;
  readonly barrels: Barrels;
  /** Every name under which legacy exports are known, but for those that a file gives them itself. */
  readonly names: ReadonlySet<string>;
};
