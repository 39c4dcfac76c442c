import { BanyanError } from '../../contract/errors.ts';
import type { AnyPlugin, MergeRule } from '../../contract/plugins.ts';

/** Who writes one field of one hook, and by which rule. */
type Write = { readonly plugin: string; readonly rule: MergeRule };

/** Throws PLUGIN_CONFLICT naming every field that two plugins write without rules that agree. */
export function refuseConflicts(plugins: readonly AnyPlugin[]): void {
  const conflicts = [...writesByField(plugins)].flatMap(([place, writes]) => conflictOf(place, writes));
  if (conflicts.length > 0) throw new BanyanError('PLUGIN_CONFLICT', conflicts.join('; '));
}

function writesByField(plugins: readonly AnyPlugin[]): ReadonlyMap<string, readonly Write[]> {
  const all = plugins.flatMap((plugin) =>
    Object.entries(plugin.writes ?? {}).flatMap(([hook, fields]) =>
      Object.entries(fields ?? {}).map(([field, rule]) => ({
        place: `${hook}.${field}`,
        write: { plugin: plugin.name, rule: rule as MergeRule },
      })),
    ),
  );
  const byPlace = Map.groupBy(all, ({ place }) => place);
  return new Map(Array.from(byPlace, ([place, entries]) => [place, entries.map(({ write }) => write)]));
}

function conflictOf(place: string, writes: readonly Write[]): readonly string[] {
  for (const [i, one] of writes.entries())
    for (const other of writes.slice(i + 1)) {
      if (!agree(one.rule, other.rule))
        return [`${one.plugin} (${say(one.rule)}) and ${other.plugin} (${say(other.rule)}) both write ${place}`];
    }
  return [];
}

function agree(a: MergeRule, b: MergeRule): boolean {
  if (typeof a === 'object' && typeof b === 'object') return a.priority !== b.priority;
  return a === b && a !== 'exclusive';
}

function say(rule: MergeRule): string {
  return typeof rule === 'object' ? `priority ${rule.priority}` : rule;
}
