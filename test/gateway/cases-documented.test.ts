import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CASES = Array.from({ length: 54 }, (_, n) => n + 1);

/** Rows that stand in the docs before their tests do. */
const RESERVED: readonly number[] = [50, 51];

type Place = `${number} ${string}`;

/** Every `NN: ...` that is the name of a test or of a group of tests, with its file. */
function tested(): readonly Place[] {
  const named = /^\s*(?:(?:it|describe)\b[^\n]*\(\s*)?(?:'|"|`)(\d{1,2}): /gm;
  return globSync('test/**/*.test.ts', { cwd: ROOT }).flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(named)].map(([, no]): Place => `${Number(no)} ${file}`),
  );
}

/** Every row of the docs' tables of cases, with each test file that it links to. */
function documented(): readonly { readonly no: number; readonly places: readonly Place[] }[] {
  return ['docs/gateway.md', 'docs/websocket.md'].flatMap((document) =>
    [...readFileSync(join(ROOT, document), 'utf8').matchAll(/^\| (\d{1,2}) \|(.*)\|$/gm)].map(([, no, row = '']) => ({
      no: Number(no),
      places: [...row.matchAll(/\]\(([^)]+)\)/g)].map(
        ([, link = '']): Place => `${Number(no)} ${posix.join('docs', link)}`,
      ),
    })),
  );
}

const sorted = (places: Iterable<Place>) => [...new Set(places)].toSorted();
const isCase = (place: Place) => Number.parseInt(place, 10) <= CASES.length;

describe('the cases of the data plane', () => {
  it('have one row each', () => {
    expect(
      documented()
        .map(({ no }) => no)
        .toSorted((a, b) => a - b),
    ).toEqual(CASES);
  });

  it('name in their rows each file that tests them, and no other', () => {
    expect(sorted(documented().flatMap(({ places }) => places))).toEqual(sorted(tested().filter(isCase)));
  });

  it('are tested, each but those that are reserved', () => {
    const untested = documented().filter(({ places }) => places.length === 0);
    for (const { no } of untested) expect(RESERVED).toContain(no);
  });
});
