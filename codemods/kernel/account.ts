/**
 * The account of a file: each reference to a legacy module stands in it once, as rewritten or under the finding that
 * reports it.
 */
import { ts } from 'ts-morph';
import type { References } from '../contract.ts';
import type { RuleId } from './rules.ts';

/** A finding before it has words. */
export type Entry = { readonly rule: RuleId; readonly start: number; readonly end: number; readonly detail: string };

export type Account = {
  /** `entry: null` settles the references as rewritten. */
  readonly settle: (entry: Entry | null, starts: readonly number[]) => void;
  /** A finding that stands for no reference. */
  readonly note: (entry: Entry) => void;
  readonly has: (start: number) => boolean;
  readonly entries: () => readonly { readonly entry: Entry; readonly references: number }[];
  readonly totals: () => References;
};

export function createAccount(): Account {
  const outcomes = new Map<number, Entry | null>();
  const notes: Entry[] = [];
  const reported = () => [...outcomes.values()].filter((entry) => entry !== null);
  return {
    settle: (entry, starts) => {
      for (const start of starts) outcomes.set(start, entry);
    },
    note: (entry) => void notes.push(entry),
    has: (start) => outcomes.has(start),
    entries: () => [...notes.map((entry) => ({ entry, references: 0 })), ...counted(reported())],
    totals: () => {
      const count = reported().length;
      return { total: outcomes.size, rewritten: outcomes.size - count, reported: count };
    },
  };
}

/** Several references at one place of one rule, such as both names of `export { A as B }`, are one finding. */
function counted(entries: readonly Entry[]): readonly { entry: Entry; references: number }[] {
  const byPlace = new Map<string, { entry: Entry; references: number }>();
  for (const entry of entries) {
    const key = `${entry.start} ${entry.rule}`;
    byPlace.set(key, { entry, references: (byPlace.get(key)?.references ?? 0) + 1 });
  }
  return [...byPlace.values()];
}

export function entryAt(rule: RuleId, node: ts.Node, detail = ''): Entry {
  const place = ts.isExportSpecifier(node.parent) ? node.parent : node;
  return { rule, start: place.getStart(), end: place.end, detail };
}
