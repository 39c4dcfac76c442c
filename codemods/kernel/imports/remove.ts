import { ts } from 'ts-morph';
import type { Edit } from '../../contract.ts';
import { replace } from '../rewrites/rewrite.ts';
import type { PlannedLoad } from './plan.ts';

/** With its line when nothing else stands on it. Comments above and behind it stay. */
export function removeStatement(statement: ts.Statement): Edit {
  const { text } = statement.getSourceFile();
  const start = statement.getStart();
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const blank = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(statement.end));
  const isAlone = blank !== null && text.slice(lineStart, start).trim() === '';
  return isAlone ? remove(lineStart, statement.end + blank[0].length) : replace(statement, '');
}

/** Some names of an import clause or a pattern, at least one of which stays. */
export function dropClauseParts({ load: { clause }, gone }: PlannedLoad): readonly Edit[] {
  if (!ts.isImportClause(clause)) return ts.isObjectBindingPattern(clause) ? dropFrom(clause.elements, gone) : [];
  const { name, namedBindings } = clause;
  if (namedBindings === undefined) return [];
  const elements = ts.isNamedImports(namedBindings) ? namedBindings.elements : [namedBindings];
  if (name === undefined) return dropFrom(elements, gone);
  if (gone.has(clause)) return [remove(name.getStart(), namedBindings.getStart()), ...dropFrom(elements, gone)];
  const isListGone = elements.every((element) => gone.has(element));
  return isListGone ? [remove(name.end, namedBindings.end)] : dropFrom(elements, gone);
}

/** Elements of a list separated by commas, at least one of which stays. */
export function dropFrom(list: readonly ts.Node[], gone: ReadonlySet<ts.Node>): readonly Edit[] {
  return runs(list, gone).flatMap((run) => dropRun(list, run));
}

type Run = { readonly first: number; readonly last: number };

/** Neighbours that go together. */
function runs(list: readonly ts.Node[], gone: ReadonlySet<ts.Node>): readonly Run[] {
  const found: Run[] = [];
  list.forEach((element, index) => {
    if (!gone.has(element)) return;
    const before = found.at(-1);
    if (before !== undefined && before.last === index - 1) found.splice(-1, 1, { ...before, last: index });
    else found.push({ first: index, last: index });
  });
  return found;
}

function dropRun(list: readonly ts.Node[], { first, last }: Run): readonly Edit[] {
  const [head, tail, next, previous] = [list[first], list[last], list[last + 1], list[first - 1]];
  if (head === undefined || tail === undefined) return [];
  const { text } = head.getSourceFile();
  const [start, end] =
    next === undefined ? [previous?.end ?? head.getStart(), tail.end] : [head.getStart(), next.getStart()];
  if (!/\/[*/]/.test(text.slice(start, end))) return [remove(start, end)];

  // Comments stay: each element goes with the comma behind it. A comma that then ends the list may.
  return list.slice(first, last + 1).flatMap((element) => dropElement(text, element));
}

function dropElement(text: string, element: ts.Node): readonly Edit[] {
  const comma = commaBehind(text, element.end);
  if (comma === null) return [replace(element, '')];
  const end = comma + 1 + (/^[ \t]+/.exec(text.slice(comma + 1))?.[0].length ?? 0);
  const isTogether = text.slice(element.end, comma).trim() === '';
  return isTogether ? [remove(element.getStart(), end)] : [replace(element, ''), remove(comma, end)];
}

function commaBehind(text: string, end: number): number | null {
  const skipped = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*/.exec(text.slice(end))?.[0] ?? '';
  const at = end + skipped.length;
  return text[at] === ',' ? at : null;
}

function remove(start: number, end: number): Edit {
  return { start, end, text: '' };
}
