/** What becomes of the names that imports bind, once it is decided what becomes of their uses. */
import { type Entry, entryAt } from './account.ts';
import type { Binding } from './bindings.ts';
import type { Use } from './uses.ts';

/** Whether a name is still needed, and under which finding it is counted when it is. */
export type Fate = {
  readonly binding: Binding;
  readonly isGone: boolean;
  readonly isUnused: boolean;
  readonly entry: Entry | null;
};

/** `null`: the use is rewritten. */
export type Outcomes = ReadonlyMap<Use, Entry | null>;

export function fatesOf(
  bindings: readonly Binding[],
  outcomes: Outcomes,
  unrelated: ReadonlySet<Binding>,
): readonly Fate[] {
  return withUnused(bindings.map((binding) => fateOf(binding, outcomes, unrelated)));
}

function fateOf(binding: Binding, outcomes: Outcomes, unrelated: ReadonlySet<Binding>): Fate {
  // A comment keeps no import alive.
  const needed = [...outcomes].filter(([use]) => use.binding === binding && use.role !== 'doc');
  const reported = needed.find(([, entry]) => entry !== null)?.[1] ?? null;
  const isUnused = needed.length === 0 && !unrelated.has(binding);
  if (reported !== null || isUnused)
    return { binding, isGone: false, isUnused, entry: reported ?? unusedEntry(binding) };
  return { binding, isGone: binding.load !== null && !unrelated.has(binding), isUnused, entry: null };
}

/** The namespace of a barrel may have been imported for something else. */
function unusedEntry({ named, names, element, blocked }: Binding): Entry | null {
  return 'barrel' in named ? null : entryAt(blocked ?? 'unused-import', names.at(-1) ?? element);
}

/** A name that nothing uses goes when another of its statement does: the module is no longer loaded for its own sake. */
function withUnused(fates: readonly Fate[]): readonly Fate[] {
  const loads = new Set(fates.filter(({ isGone }) => isGone).map(({ binding }) => binding.load));
  return fates.map((fate) => {
    const goesToo = fate.isUnused && fate.binding.load !== null && loads.has(fate.binding.load);
    return goesToo ? { ...fate, isGone: true, entry: null } : fate;
  });
}
