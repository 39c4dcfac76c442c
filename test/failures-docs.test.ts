import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const TITLE = /describe\(\s*'failure (\d+): ([^']+)'/g;
/** Failure numbers and titles in each test file that has any. */
const titled = globSync('test/**/*.test.ts')
  .map((file) => ({ file, titles: new Map([...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, n, t]) => [n, t])) }))
  .filter(({ titles }) => titles.size > 0);
const rows = [...readFileSync('docs/failures.md', 'utf8').matchAll(/^\| (\d+) \| (.+?) \| .+ \| (.+) \|$/gm)].map(
  ([, number = '', failure, tests = '']) => ({
    number,
    failure,
    files: [...tests.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => normalize(join('docs', link))),
  }),
);

it('the page of failures has seventeen, and for each the test files that name it, no more and no fewer', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 17 }, (_, i) => String(i + 1)));
  for (const { number, files } of rows) {
    const naming = titled.filter(({ titles }) => titles.has(number)).map(({ file }) => file);
    expect(files.toSorted(), `failure ${number}`).toEqual(naming.toSorted());
  }
});

it('the page of failures calls each as the tests of the kernel call it', () => {
  const kernel = titled.find(({ file }) => file.endsWith('seventeen-failures.test.ts'))?.titles;
  expect(rows.map(({ number, failure }) => [number, failure])).toEqual([...(kernel ?? [])]);
});
