/** From decisions to edits: names first, for every text depends on them, then the uses, then the imports. */
import type { ts } from 'ts-morph';
import type { Edit } from '../contract.ts';
import type { Binding, Load } from './bindings.ts';
import type { Decision } from './decisions.ts';
import type { Fate } from './fates.ts';
import { importEdits } from './imports/edits.ts';
import type { PlannedLoad, Wanted } from './imports/plan.ts';
import { createLocalNames, type LocalName, type LocalNames } from './names.ts';
import type { Need } from './needs.ts';
import type { Style } from './rewrites/rewrite.ts';

type Rewriting = {
  readonly load: Load | null;
  readonly needs: readonly Need[];
  readonly edits: (style: Style) => readonly Edit[];
};

export function planEdits(
  file: ts.SourceFile,
  decisions: readonly Decision[],
  fates: readonly Fate[],
): readonly Edit[] {
  const gone = fates.flatMap(({ binding, isGone }) => (isGone ? [binding] : []));
  const rewriting = decisions.flatMap(({ use, verdict }) =>
    'edits' in verdict ? [{ load: use.binding?.load ?? null, ...verdict }] : [],
  );
  if (rewriting.length === 0) return [];
  const names = createLocalNames(file);
  const form = writtenForm(file, gone);
  return [...groupByLoads(rewriting, gone)].flatMap((group) => groupEdits(group, names, form));
}

/** Rewrites that share what they import: all import declarations do; a require or a dynamic import is one by itself. */
type Group = { readonly rewriting: Rewriting[]; readonly loads: Map<Load, Set<ts.Node>> };

function groupByLoads(rewriting: readonly Rewriting[], gone: readonly Binding[]): Iterable<Group> {
  const groups = new Map<Load | 'imports', Group>();
  const groupOf = (load: Load | null): Group => {
    const key = load === null || load.kind === 'import' ? 'imports' : load;
    const group = groups.get(key) ?? { rewriting: [], loads: new Map() };
    groups.set(key, group);
    if (load !== null && !group.loads.has(load)) group.loads.set(load, new Set());
    return group;
  };
  for (const item of rewriting) groupOf(item.load).rewriting.push(item);
  for (const { load, element } of gone) {
    if (load !== null) groupOf(load).loads.get(load)?.add(element);
  }
  return groups.values();
}

type Form = Pick<Style, 'quote' | 'isSpaced'>;

function groupEdits({ rewriting, loads }: Group, names: LocalNames, form: Form): readonly Edit[] {
  const taken = new Map<Need['name'], { need: Need; local: LocalName }>();
  for (const need of rewriting.flatMap(({ needs }) => needs)) {
    if (!taken.has(need.name)) taken.set(need.name, { need, local: names.take(need) });
  }
  const local = (need: Need): string => taken.get(need.name)?.local.name ?? need.name;
  const wanted: Wanted[] = [...taken.values()]
    .filter((item) => !item.local.isImported)
    .map((item) => ({ need: item.need, local: item.local.name }))
    .sort(valuesThenTypes);
  const planned = [...loads].map(([load, elements]): PlannedLoad => ({ load, gone: elements })).sort(byPlace);
  return [
    ...rewriting.flatMap(({ edits }) => edits({ ...form, local })),
    ...importEdits({ loads: planned, wanted, isSpaced: form.isSpaced }),
  ];
}

function valuesThenTypes({ need: a }: Wanted, { need: b }: Wanted): number {
  return Number(a.isType) - Number(b.isType) || (a.name < b.name ? -1 : 1);
}

function byPlace(a: PlannedLoad, b: PlannedLoad): number {
  return a.load.statement.pos - b.load.statement.pos;
}

/** How the file writes quotes and braces: as its first legacy import does. */
function writtenForm(file: ts.SourceFile, gone: readonly Binding[]): Form {
  const load = gone.find((binding) => binding.load !== null)?.load;
  const quote = load?.specifier.getText().charAt(0) ?? /["']/.exec(file.text)?.[0];
  const clause = load?.clause.getText() ?? '';
  return { quote: quote === '"' ? '"' : "'", isSpaced: !/\{\S/.test(clause) };
}
