import { expect, it } from 'vitest';
import { readArguments, resultOf, table } from '../../scripts/test-nodes.ts';

const REPORT = {
  numPassedTests: 3,
  numFailedTests: 1,
  numPendingTests: 2,
  testResults: [
    {
      name: 'test/a.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'a works' },
        { status: 'failed', fullName: 'b works' },
      ],
    },
    { name: 'test/c.test.ts', status: 'failed', assertionResults: [] },
    { name: 'test/d.test.ts', status: 'passed', assertionResults: [] },
  ],
};
const RUN = { version: '22.19.0', runs: 'v22.19.0', seconds: 7 };

it('runs the three versions unless others are named; what is no version chooses tests', () => {
  expect(readArguments([])).toEqual({ versions: ['22.19.0', '24', '26'], filters: [], json: false });
  expect(readArguments(['26', 'test/wire', '--json', '22.19.0'])).toEqual({
    versions: ['26', '22.19.0'],
    filters: ['test/wire'],
    json: true,
  });
});

it('names failed tests, and files that could not be loaded', () => {
  const result = resultOf({ ...RUN, code: 1 }, REPORT);
  expect(result).toEqual({
    ...RUN,
    passed: 3,
    failed: 2,
    skipped: 2,
    failures: ['b works', 'test/c.test.ts (not loaded)'],
  });
  expect(table([result])).toBe(
    [
      'asked for  node      passed  failed  skipped  seconds',
      '22.19.0    v22.19.0  3       2       2        7',
      'v22.19.0 failed: b works',
      'v22.19.0 failed: test/c.test.ts (not loaded)',
    ].join('\n'),
  );
});

it('does not pass when every test did and vitest did not', () => {
  const report = { ...REPORT, numFailedTests: 0, testResults: [] };
  expect(resultOf({ ...RUN, code: 1 }, report)).toMatchObject({
    failed: 1,
    failures: ['vitest itself, with exit code 1'],
  });
  expect(resultOf({ ...RUN, code: 0 }, report).failed).toBe(0);
});
