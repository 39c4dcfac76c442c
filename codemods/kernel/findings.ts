/** Entries of an account, in words and with their place. */

import type { Finding } from '../contract.ts';
import { relativePath } from '../engine/paths.ts';
import type { Entry } from './account.ts';
import { RULES } from './rules.ts';

const EXCERPT_CHARACTERS_MAX = 100;

export function toFinding(entry: Entry, references: number, path: string, text: string, cwd: string): Finding {
  const { why, how } = RULES[entry.rule];
  const before = text.slice(0, entry.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    rule: entry.rule,
    path: relativePath(cwd, path),
    line: before.split('\n').length,
    column: entry.start - lineStart + 1,
    excerpt: excerpt(text.slice(lineStart, lineEnd(text, entry.start))),
    why: entry.detail === '' ? why : `${why} (${entry.detail})`,
    how,
    references,
  };
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

function excerpt(line: string): string {
  const trimmed = line.trim();
  const isLong = trimmed.length > EXCERPT_CHARACTERS_MAX;
  return isLong ? `${trimmed.slice(0, EXCERPT_CHARACTERS_MAX - 3)}...` : trimmed;
}
