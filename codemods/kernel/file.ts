/** One file: every reference in it to a legacy module, what becomes of each, and the edits. */
import { ts } from 'ts-morph';
import type { Edit } from '../contract.ts';
import { type Account, createAccount, type Entry, entryAt } from './account.ts';
import { findBindings, type Load } from './bindings.ts';
import { type Decision, decide, isError, type Reported, stayingModules } from './decisions.ts';
import { type Fate, fatesOf, type Outcomes } from './fates.ts';
import type { Lookup } from './lookup.ts';
import { findPositionalCalls, findUnknownMembers } from './members.ts';
import type { LegacyModule } from './module.ts';
import { planEdits } from './planning.ts';
import { findSites, referenceDirectives, type Site } from './sites.ts';
import { findUses, type Use } from './uses.ts';

export type FileResult = {
  readonly path: string;
  readonly edits: readonly Edit[];
  readonly account: Account;
  /** Modules of which instances stay in this file. */
  readonly staying: readonly LegacyModule[];
  /** Whether what stays in other files matters to it. */
  readonly testsErrors: boolean;
};

/** What is known of a file from the others and from earlier rounds. */
export type Surroundings = {
  /** Findings that hold the whole file back. */
  readonly refused: readonly Entry[];
  /** Modules of which instances stay anywhere. */
  readonly staying: ReadonlySet<LegacyModule>;
};

export function analyseFile(
  file: ts.SourceFile,
  modules: readonly LegacyModule[],
  lookup: Lookup,
  { refused, staying }: Surroundings,
): FileResult {
  const bindings = findBindings(file, lookup);
  const uses = findUses(file, bindings, lookup);
  const sites = findSites(file, bindings.loads, modules, lookup);
  const members = findUnknownMembers(file, lookup.checked);
  const reported: readonly Reported[] = [
    ...refused.map(({ rule }): Reported => ({ rule, module: null })),
    ...sites.filter(({ follows }) => follows === null),
    ...members.map(({ module }): Reported => ({ rule: 'unknown-member', module })),
  ];
  const decisions = decide(uses.all, reported, staying);

  const account = createAccount();
  const outcomes = accountForUses(decisions, account);
  const fates = fatesOf(bindings.all, outcomes, uses.unrelated);
  for (const fate of fates) accountForNames(fate, account);
  for (const site of sites) accountForSite(site, fates, outcomes, account);
  for (const { node } of members) account.settle(entryAt('unknown-member', node), [node.getStart()]);
  for (const { node } of findPositionalCalls(file, modules, lookup.checked)) {
    account.settle(entryAt('positional-arguments', node), [node.getStart()]);
  }
  for (const entry of referenceDirectives(file, lookup)) account.settle(entry, [entry.start]);
  for (const entry of refused) accountForRefusal(entry, account);
  return {
    path: file.fileName,
    edits: planEdits(file, decisions, fates),
    account,
    staying: stayingModules(decisions, reported, modules),
    testsErrors: uses.all.some(isError),
  };
}

/** What the compiler found and no rule understands is a reference; what it says of the result is none. */
function accountForRefusal(entry: Entry, account: Account): void {
  if (entry.rule === 'unaccounted') account.settle(entry, [entry.start]);
  else account.note(entry);
}

// ── uses ────────────────────────────────────────────────────────────────────────────────────────────

function accountForUses(decisions: readonly Decision[], account: Account): Outcomes {
  return new Map(
    decisions.map(({ use, verdict }) => {
      const entry = 'rule' in verdict ? entryAt(verdict.rule, use.head) : null;
      account.settle(entry, placesOf(use));
      return [use, entry];
    }),
  );
}

/** Where the compiler's own search finds it: it points behind the quote of a string. */
function placesOf({ node, through }: Use): readonly number[] {
  const start = node.getStart() + (ts.isStringLiteralLike(node) ? 1 : 0);
  return [start, ...through.map((step) => step.getStart())];
}

// ── the names that imports bind ─────────────────────────────────────────────────────────────────────

/** The namespace of a barrel is no reference to a legacy module; what is reached through it is. */
function accountForNames({ binding, entry }: Fate, account: Account): void {
  if ('barrel' in binding.named) return;
  account.settle(
    entry,
    binding.names.map((name) => name.getStart()),
  );
}

// ── specifiers and other strings ────────────────────────────────────────────────────────────────────

function accountForSite(site: Site, fates: readonly Fate[], outcomes: Outcomes, account: Account): void {
  account.settle(siteEntry(site, fates, outcomes), [site.node.getStart()]);
}

function siteEntry({ node, rule, follows }: Site, fates: readonly Fate[], outcomes: Outcomes): Entry | null {
  const own = entryAt(rule, node);
  if (follows === null) return exportEntry(node, outcomes) ?? own;
  if ('load' in follows) return loadEntry(follows.load, fates, own);
  const use = [...outcomes].find(([{ head }]) => head === follows.type);
  return use === undefined ? own : use[1];
}

/** The specifier goes when all its names do; else it is counted with the first that stays. */
function loadEntry(load: Load, fates: readonly Fate[], own: Entry): Entry | null {
  const ofLoad = fates.filter(({ binding }) => binding.load === load);
  const kept = ofLoad.find(({ isGone }) => !isGone);
  if (kept !== undefined) return kept.entry;
  return ofLoad.length > 0 ? null : own;
}

/** `export { A } from '...'` is one finding a name; the specifier is counted with the first. */
function exportEntry(specifier: ts.Node, outcomes: Outcomes): Entry | null {
  if (!ts.isExportDeclaration(specifier.parent)) return null;
  const use = [...outcomes].find(
    ([{ role, node }]) => role === 'export' && ts.findAncestor(node, ts.isExportDeclaration) === specifier.parent,
  );
  return use?.[1] ?? null;
}
