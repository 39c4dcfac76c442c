/** Entries of an account, in words and with their place. */

import type { Finding } from '../contract.ts';
import { relativePath } from '../engine/paths.ts';
import type { Entry } from './account.ts';
import { RULES } from './rules.ts';

const EXCERPT_CHARACTERS_MAX = 80;

export function toFinding(entry: Entry, references: number, path: string, text: string, cwd: string): Finding {
  const { why, how } = RULES[entry.rule];
  const before = text.slice(0, entry.start);
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    rule: entry.rule,
    path: relativePath(cwd, path),
    line: before.split('\n').length,
    column: entry.start - lineStart + 1,
    excerpt: excerpt(text, entry),
    why: entry.detail === '' ? why : `${why} (${entry.detail})`,
    how,
    references,
  };
}

/** The construct in one line; where it has no extent, the rest of its line. */
function excerpt(text: string, { start, end }: Entry): string {
  const extent = end > start ? text.slice(start, end) : (/^.*/.exec(text.slice(start))?.[0] ?? '');
  const line = extent.replace(/\s+/g, ' ').trim();
  return line.length > EXCERPT_CHARACTERS_MAX ? `${line.slice(0, EXCERPT_CHARACTERS_MAX - 3)}...` : line;
}
