import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CASES = Array.from({ length: 54 }, (_, n) => n + 1);

type Place = `${number} ${string}`;

/** Files that are about one case as a whole, whatever their tests are called. */
const WHOLE_FILES: readonly Place[] = ['50 test/cluster/deaths.test.ts', '51 test/cluster/restart.test.ts'];

/** Every `NN: ...` that is the name of a test or of a group of tests, with its file, and the files that are one case's. */
function tested(): readonly Place[] {
  const named = /^\s*(?:(?:it|describe)\b[^\n]*\(\s*)?(?:'|"|`)(\d{1,2}): /gm;
  return globSync('test/**/*.test.ts', { cwd: ROOT }).flatMap((file) => [
    ...[...readFileSync(join(ROOT, file), 'utf8').matchAll(named)].map(([, no]): Place => `${Number(no)} ${file}`),
    ...WHOLE_FILES.filter((place) => place.endsWith(` ${file}`)),
  ]);
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

  it('are tested, each of them', () => {
    expect(documented().filter(({ places }) => places.length === 0)).toEqual([]);
  });
});
