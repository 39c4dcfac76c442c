import { ts } from 'ts-morph';
import type { Edit } from '../../contract.ts';
import { BANYAN_MODULES, type BanyanModule } from '../needs.ts';
import { insert } from '../rewrites/rewrite.ts';
import type { Line } from './plan.ts';
import { importNames } from './text.ts';

/** Adds names to declarations that import from their module already, and takes them out of `byModule`. */
export function mergeIntoExisting(file: ts.SourceFile, byModule: Map<BanyanModule, Line>): readonly Edit[] {
  return file.statements.flatMap((statement) => {
    const existing = mergeable(statement);
    const line = existing === null ? undefined : byModule.get(existing.from);
    if (existing === null || line === undefined) return [];
    byModule.delete(existing.from);
    return [insert(existing.last.end, `, ${importNames(line.wanted, 'mixed')}`)];
  });
}

function mergeable(statement: ts.Statement): { from: BanyanModule; last: ts.ImportSpecifier } | null {
  if (!ts.isImportDeclaration(statement) || statement.attributes !== undefined) return null;
  const { importClause: clause, moduleSpecifier: specifier } = statement;
  const from = BANYAN_MODULES.find((name) => ts.isStringLiteral(specifier) && specifier.text === name);
  const named = clause?.phaseModifier === undefined ? clause?.namedBindings : undefined;
  const last = named !== undefined && ts.isNamedImports(named) ? named.elements.at(-1) : undefined;
  return from === undefined || last === undefined ? null : { from, last };
}
