import type { Edit } from '../../contract.ts';
import type { Need } from '../needs.ts';
import type { RuleId } from '../rules.ts';
import type { Use } from '../uses.ts';

/** How a file writes things, and by which local names it knows what rewrites need. */
export type Style = {
  readonly quote: '"' | "'";
  /** `{ a }` rather than `{a}`. */
  readonly isSpaced: boolean;
  readonly local: (need: Need) => string;
};

/** What becomes of one use: edits, once the names they need are known, or a rule that says why not. */
export type Verdict =
  | { readonly needs: readonly Need[]; readonly edits: (style: Style) => readonly Edit[] }
  | { readonly rule: RuleId };

export type Rewrite = (use: Use) => Verdict;

export function report(rule: RuleId): Verdict {
  return { rule };
}

export function replace(node: { getStart(): number; end: number }, text: string): Edit {
  return { start: node.getStart(), end: node.end, text };
}

export function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}
