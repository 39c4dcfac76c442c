import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SKIPPED } from '../../codemods/contract.ts';
import { RULES } from '../../codemods/kernel/rules.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/codemods.md'), 'utf8');

/** Rows of the table that follows a heading line, as lists of cells. */
function tableAfter(heading: string): string[][] {
  const lines = text.slice(text.indexOf(heading)).split('\n');
  const start = lines.findIndex((line) => /^\|-/.test(line)) + 1;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('|'));
  return lines.slice(start, end).map((line) => line.slice(2, -2).split(' | '));
}

it('lists every rule with its reason, its way out and what it holds, and no other', () => {
  const rules = Object.entries(RULES).map(([id, { why, how, holds }]) => [`\`${id}\``, why, how, holds]);
  expect(tableAfter('## What is reported')).toEqual(rules);
});

it('lists every reason for which a file is skipped, and no other', () => {
  expect(tableAfter('Every file that was not looked into')).toEqual(
    Object.entries(SKIPPED).map(([id, why]) => [`\`${id}\``, why]),
  );
});
