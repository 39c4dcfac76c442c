import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KINDS } from '../../../shadow/report/words.ts';
import { DROPPED, NOT_COMPARABLE } from '../../../src/contract/calls.ts';

const PAGE = readFileSync(new URL('../../../docs/shadow.md', import.meta.url), 'utf8');

/** First and second cells of the table whose title row begins so. */
function rows(title: string): readonly (readonly [string, string])[] {
  const table = PAGE.slice(PAGE.indexOf(`| ${title} |`)).split('\n\n', 1)[0] ?? '';
  const cells = table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()));
  return cells.map(([, first = '', second = '']) => [first.replaceAll('`', ''), second] as const);
}

test('docs/shadow.md lists every reason with its text, and no other', () => {
  expect(rows('not comparable')).toEqual(Object.entries(NOT_COMPARABLE));
  expect(rows('dropped')).toEqual(Object.entries(DROPPED));
});

test('docs/shadow.md lists every kind of difference, and no other', () => {
  expect(rows('kind').map(([kind]) => kind)).toEqual(Object.keys(KINDS));
});
