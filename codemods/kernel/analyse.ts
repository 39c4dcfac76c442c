/**
 * From files that name a legacy module to proposals. Nothing is edited before everything is analysed, and no
 * proposal leaves here that was not accounted for and compiled.
 */
import { basename } from 'node:path';
import type { Analysis, Proposal, Skipped, SkipReason, Source, Workspace } from '../contract.ts';
import { splice } from '../engine/edits.ts';
import { type Account, createAccount, type Entry } from './account.ts';
import { createAliases } from './aliases.ts';
import { type Barrels, followBarrels, isEmbedded } from './barrels.ts';
import { embeddedReferences } from './embedded.ts';
import { analyseFile, type FileResult } from './file.ts';
import { toFinding } from './findings.ts';
import type { LegacyModule } from './module.ts';
import { createProgram, type Program } from './program.ts';
import { unaccounted } from './recount.ts';
import { createResolve, type Resolve, type SpecifierFacts } from './specifiers.ts';
import { verify } from './verify.ts';

export function analyse(facts: SpecifierFacts, workspace: Workspace, hits: readonly Source[]): Analysis {
  const resolve = createResolve(facts, workspace, createAliases(workspace.read));
  const program = createProgram(facts.modules, resolve);
  const unfit = new Map(hits.map((source) => [source, unfitness(source, resolve)]));
  for (const source of hits) if (unfit.get(source) === null) program.add(source);
  const barrels = followBarrels(program, resolve, workspace, facts.modules);
  const { results, broken } = analyseProgram(program, facts.modules, resolve, barrels, workspace);

  const embedded = [...hits.filter((source) => unfit.get(source) === 'embedded'), ...barrels.embedded];
  const skipped = hits.flatMap((source): readonly Skipped[] => {
    const reason = unfit.get(source) ?? (broken.has(source.path) ? 'syntax_errors' : null);
    return reason === null || reason === 'embedded' ? [] : [{ path: source.path, reason }];
  });
  const proposals = [
    ...results.map(({ path, edits, account }) => toProposal(program.source(path), edits, account, workspace.cwd)),
    ...embedded.map((source) => toProposal(source, [], embeddedAccount(source, resolve, barrels), workspace.cwd)),
  ];
  return {
    proposals: proposals
      .filter(({ source }) => workspace.isTarget(source.path))
      .sort((a, b) => byPath(a.source, b.source)),
    skipped: skipped.filter(({ path }) => workspace.isTarget(path)),
  };
}

function byPath(a: Source, b: Source): number {
  return a.path < b.path ? -1 : 1;
}

/** Why a file is no part of the program; `embedded` files are looked at in another way. */
function unfitness({ path }: Source, resolve: Resolve): SkipReason | 'embedded' | null {
  if (/\.d\.[cm]?ts$/.test(path)) return 'declaration_file';
  if (isEmbedded(path)) return 'embedded';
  return resolve(`./${basename(path)}`, path)?.kind === 'legacy' ? 'legacy_module' : null;
}

function analyseProgram(
  program: Program,
  modules: readonly LegacyModule[],
  resolve: Resolve,
  barrels: Barrels,
  workspace: Workspace,
): { results: readonly FileResult[]; broken: ReadonlySet<string> } {
  const before = program.check();
  const lookup = { checked: before, resolve, isInProgram: program.has, barrels };
  const targets = program.paths().filter(workspace.isTarget);
  const broken = new Set(targets.filter((path) => before.syntaxErrors(path).length > 0));
  const analysed = (path: string, refused: readonly Entry[] = []) =>
    analyseFile(before.file(path), modules, lookup, refused);

  const first = targets.filter((path) => !broken.has(path)).map((path) => analysed(path));
  const missing = unaccounted(first, program.paths(), modules, lookup);
  const complete = first.map((result) => {
    const entries = missing.get(result.path);
    return entries === undefined ? result : analysed(result.path, entries);
  });
  const refuse = (path: string, why: Entry) => analysed(path, [...(missing.get(path) ?? []), why]);
  return { results: verify(complete, { program, before, resolve, refuse }), broken };
}

function embeddedAccount({ path, text }: Source, resolve: Resolve, barrels: Barrels): Account {
  const account = createAccount();
  for (const entry of embeddedReferences(path, text, resolve, barrels)) account.settle(entry, [entry.start]);
  return account;
}

function toProposal(source: Source, edits: FileResult['edits'], account: Account, cwd: string): Proposal {
  return {
    source,
    edits,
    after: splice(source.text, edits),
    findings: account
      .entries()
      .map(({ entry, references }) => toFinding(entry, references, source.path, source.text, cwd)),
    references: account.totals(),
  };
}
