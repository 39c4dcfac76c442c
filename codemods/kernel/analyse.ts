/**
 * From files that name a legacy module to proposals. Nothing is edited before everything is analysed, and no
 * proposal leaves here that was not accounted for and compiled.
 */
import { basename } from 'node:path';
import type { Analysis, Proposal, Skipped, SkipReason, Source, Workspace } from '../contract.ts';
import { splice } from '../engine/edits.ts';
import { type Account, createAccount } from './account.ts';
import { createAliases } from './aliases.ts';
import { type Barrels, followBarrels, isEmbedded } from './barrels.ts';
import { embeddedReferences } from './embedded.ts';
import { analyseFile, type FileResult } from './file.ts';
import { toFinding } from './findings.ts';
import type { Lookup } from './lookup.ts';
import type { LegacyModule } from './module.ts';
import { createProgram, type Program } from './program.ts';
import { unaccounted } from './recount.ts';
import { Results } from './results.ts';
import { createResolve, type Resolve, type SpecifierFacts } from './specifiers.ts';
import { verify } from './verify.ts';

export function analyse(facts: SpecifierFacts, workspace: Workspace, hits: readonly Source[]): Analysis {
  const resolve = createResolve(facts, workspace, createAliases(workspace.read));
  const unfit = new Map(hits.map((source) => [source, unfitness(source, resolve)]));
  const program = createProgram(facts.modules, resolve);
  for (const source of hits) if (unfit.get(source) === null) program.add(source);
  const barrels = followBarrels(program, resolve, workspace, facts.modules);

  const before = program.check();
  const broken = new Set(program.paths().filter((path) => before.syntaxErrors(path).length > 0));
  const embedded = [...hits.filter((source) => unfit.get(source) === 'embedded'), ...barrels.embedded];
  const lookup: Lookup = { checked: before, resolve, barrels, isInProgram: program.has, names: barrels.names };
  // Nobody can see what these files construct.
  const unseen = embedded.length + broken.size > 0 ? facts.modules : [];
  const results = settle(program, lookup, broken, unseen, facts.modules, workspace);

  const proposals = [
    ...results.map(({ path, edits, account }) => toProposal(program.source(path), edits, account, workspace.cwd)),
    ...embedded.map((source) => toProposal(source, [], embeddedAccount(source, resolve, barrels), workspace.cwd)),
  ];
  const skipped = hits.flatMap((source) => skippedFor(source, unfit.get(source) ?? null, broken));
  return {
    proposals: proposals.filter(({ source }) => workspace.isTarget(source.path)),
    skipped: skipped.filter(({ path }) => workspace.isTarget(path)),
  };
}

/** The results of all files, when each has been counted again, compiled, and had its effect on the others. */
function settle(
  program: Program,
  lookup: Lookup,
  broken: ReadonlySet<string>,
  unseen: readonly LegacyModule[],
  modules: readonly LegacyModule[],
  workspace: Workspace,
): readonly FileResult[] {
  const { checked: before, resolve } = lookup;
  const paths = program.paths().filter((path) => !broken.has(path));
  const results = new Results(paths, unseen, (path, surroundings) => {
    const result = analyseFile(before.file(path), modules, lookup, surroundings);
    return workspace.isTarget(path) ? result : untouched(result, modules);
  });
  results.refuse(unaccounted(results.all, program.paths(), modules, lookup));
  verify(results, { program, before, resolve });
  return results.all;
}

/** Nobody asked for this file: all that it constructs stays. */
function untouched(result: FileResult, modules: readonly LegacyModule[]): FileResult {
  return { ...result, edits: [], staying: result.account.totals().rewritten > 0 ? modules : result.staying };
}

function skippedFor({ path }: Source, unfit: Unfitness | null, broken: ReadonlySet<string>): readonly Skipped[] {
  const reason = unfit ?? (broken.has(path) ? 'syntax_errors' : null);
  return reason === null || reason === 'embedded' ? [] : [{ path, reason }];
}

/** Why a file is no part of the program; `embedded` files are looked at in another way. */
type Unfitness = SkipReason | 'embedded';

function unfitness({ path }: Source, resolve: Resolve): Unfitness | null {
  if (/\.d\.[cm]?ts$/.test(path)) return 'declaration_file';
  if (isEmbedded(path)) return 'embedded';
  return resolve(`./${basename(path)}`, path)?.kind === 'legacy' ? 'legacy_module' : null;
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
