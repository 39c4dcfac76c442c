import { ts } from 'ts-morph';
import type { Load } from '../bindings.ts';
import type { BanyanModule, Need } from '../needs.ts';

/** A need under the name that the file gives it. */
export type Wanted = { readonly need: Need; readonly local: string };

/** Loads that share their names: all import declarations of a file, or one require or dynamic import. */
export type ImportPlan = {
  readonly loads: readonly PlannedLoad[];
  /** What has to be imported, besides what is imported already. */
  readonly wanted: readonly Wanted[];
  /** `{ a }` rather than `{a}`. */
  readonly isSpaced: boolean;
};

export type PlannedLoad = {
  readonly load: Load;
  /** What nothing in the file needs any more: some of its `boundNodes`. */
  readonly gone: ReadonlySet<ts.Node>;
};

/** What one statement imports from one module. */
export type Line = { readonly from: BanyanModule; readonly wanted: readonly Wanted[] };

export function isWhollyGone({ load, gone }: PlannedLoad): boolean {
  const nodes = boundNodes(load);
  return nodes.length > 0 && nodes.every((node) => gone.has(node));
}

/** Every part of a load that binds a name: the clause stands for its default import. */
function boundNodes({ clause }: Load): readonly ts.Node[] {
  if (!ts.isImportClause(clause)) return ts.isObjectBindingPattern(clause) ? clause.elements : [clause.parent];
  const { name, namedBindings } = clause;
  const named = namedBindings === undefined ? [] : namedElements(namedBindings);
  return name === undefined ? named : [clause, ...named];
}

function namedElements(named: ts.NamedImportBindings): readonly ts.Node[] {
  return ts.isNamedImports(named) ? named.elements : [named];
}
