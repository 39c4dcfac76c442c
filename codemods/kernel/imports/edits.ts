/**
 * Import statements, edited in place: what precedes the first one, a docblock that configures a test runner say,
 * stays in front of it, and no statement changes its place.
 */
import { ts } from 'ts-morph';
import type { Edit } from '../../contract.ts';
import { indentation, lineEnding } from '../../engine/source.ts';
import type { Load } from '../bindings.ts';
import { BANYAN_MODULES, type BanyanModule } from '../needs.ts';
import { insert, replace } from '../rewrites/rewrite.ts';
import { mergeIntoExisting } from './merge.ts';
import { type ImportPlan, isWhollyGone, type Line, type PlannedLoad, type Wanted } from './plan.ts';
import { dropClauseParts, dropFrom, removeStatement } from './remove.ts';
import { clauseText, isTypeOnly, lineText, namesText, quoted } from './text.ts';

export function importEdits(plan: ImportPlan): readonly Edit[] {
  const first = plan.loads[0];
  if (first === undefined) return [];
  const byModule = groupByModule(plan.wanted);
  const merged = first.load.kind === 'import' ? mergeIntoExisting(first.load.statement.getSourceFile(), byModule) : [];
  const lines = BANYAN_MODULES.flatMap((from) => byModule.get(from) ?? []);
  const replaced = plan.loads.find(isWhollyGone);
  const inPlace = replaced === undefined ? undefined : lines.shift();
  return [
    ...merged,
    ...plan.loads.flatMap((planned) => loadEdits(planned, planned === replaced ? inPlace : undefined, plan)),
    ...linesBehind((replaced ?? first).load, lines, plan),
  ];
}

function groupByModule(wanted: readonly Wanted[]): Map<BanyanModule, Line> {
  const lines = new Map<BanyanModule, Line>();
  for (const item of wanted) {
    const { from } = item.need;
    lines.set(from, { from, wanted: [...(lines.get(from)?.wanted ?? []), item] });
  }
  return lines;
}

function loadEdits(planned: PlannedLoad, line: Line | undefined, plan: ImportPlan): readonly Edit[] {
  if (!isWhollyGone(planned)) return planned.gone.size === 0 ? [] : dropClauseParts(planned);
  return line === undefined ? [removeStatement(planned.load.statement)] : replaceLoad(planned.load, line, plan);
}

function replaceLoad(load: Load, line: Line, plan: ImportPlan): readonly Edit[] {
  const specifier = replace(load.specifier, quoted(load, line.from));
  const list = listOf(load.clause);
  const [first, ...others] = list ?? [];
  const hasComments = /\/[*/]/.test(load.clause.getText());
  if (!hasComments || list === null || first === undefined) {
    return [replace(load.clause, clauseText(load, line, plan)), specifier];
  }
  // Names are replaced one by one, so that the comments between them stay.
  return [
    ...typeKeyword(load, line),
    replace(first, namesText(load, line)),
    ...dropFrom(list, new Set(others)),
    specifier,
  ];
}

/** The names of `{ ... }` when that is all the clause holds. */
function listOf(clause: Load['clause']): readonly ts.Node[] | null {
  if (ts.isObjectBindingPattern(clause)) return clause.elements;
  if (!ts.isImportClause(clause) || clause.name !== undefined || clause.namedBindings === undefined) return null;
  return ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : null;
}

function typeKeyword({ kind, clause }: Load, line: Line): readonly Edit[] {
  if (kind !== 'import' || !ts.isImportClause(clause) || clause.namedBindings === undefined) return [];
  const start = clause.getStart();
  const hasKeyword = clause.phaseModifier !== undefined;
  if (hasKeyword === isTypeOnly(line)) return [];
  return [hasKeyword ? { start, end: clause.namedBindings.getStart(), text: '' } : insert(start, 'type ')];
}

function linesBehind(load: Load, lines: readonly Line[], plan: ImportPlan): readonly Edit[] {
  if (lines.length === 0) return [];
  const { statement } = load;
  const { text } = statement.getSourceFile();
  const end = endOfLine(text, statement.end);
  const separator = end === null ? ' ' : lineEnding(text, end) + indentation(text, statement.getStart());
  return [insert(end ?? statement.end, lines.map((line) => separator + lineText(load, line, plan)).join(''))];
}

const COMMENTS_TO_LINE_END = /^[ \t]*(?:\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*)*(?:\/\/[^\r\n]*)?(?=\r?\n|$)/;

/** Behind the comment that follows the statement on its line; `null` when code follows it. */
function endOfLine(text: string, statementEnd: number): number | null {
  const rest = COMMENTS_TO_LINE_END.exec(text.slice(statementEnd))?.[0];
  return rest === undefined ? null : statementEnd + rest.trimEnd().length;
}
