import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compare, compileRules } from '../../../shadow/compare/index.ts';
import type { Observation } from '../../../src/contract/calls.ts';
import { answer, compareTexts, lines, NO_PAIRING } from './observations.ts';

const RULES = compileRules([]);
const run = (primary: Observation, candidate: Observation) => compare(primary, candidate, RULES, NO_PAIRING);
const encoded = (encoding: string, body: Uint8Array | string) =>
  answer(body, { headers: ['Content-Type', 'application/json', 'Content-Encoding', encoding] });
const BOMB = Buffer.alloc(64 * 1024 * 1024);

describe('encoded bodies', () => {
  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('%s is undone', (encoding, encode) => {
    expect(run(answer('{"a":1,"b":2}'), encoded(encoding, encode('{"b":2, "a":1}'))).verdict).toBe('match');
    expect(lines(run(answer('{"a":1}'), encoded(encoding, encode('{"a":2}'))))).toEqual(['value /a: 1 → 2']);
  });

  test('encodings on top of each other are undone in order', () => {
    expect(run(answer('{"a": 1}'), encoded('gzip, br', brotliCompressSync(gzipSync('{"a":1}')))).verdict).toBe('match');
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('a %s bomb is not comparable', (encoding, encode) => {
    const bomb = encoded(encoding, encode(BOMB));
    expect(run(answer('{}'), bomb)).toMatchObject({ verdict: 'not_comparable', reason: 'decoded_too_large' });
  });

  test('an unknown encoding is not comparable, unless the bytes are equal', () => {
    expect(run(answer('{}'), encoded('compress', 'xyz'))).toMatchObject({
      verdict: 'not_comparable',
      reason: 'unknown_encoding',
    });
    expect(run(encoded('compress', 'xyz'), encoded('compress', 'xyz')).verdict).toBe('match');
    expect(run(answer('{}'), encoded('gzip,gzip,gzip,gzip', 'xyz')).reason).toBe('unknown_encoding');
  });

  test('a body that does not follow its encoding is a difference', () => {
    expect(lines(run(answer('{}'), encoded('gzip', '{}')))).toEqual(['type : readable → not gzip, as it claims']);
    expect(lines(run(answer('{}'), encoded('gzip', gzipSync('{}').subarray(0, 15))))).toHaveLength(1);
    expect(run(encoded('gzip', 'abc'), encoded('gzip', 'abd')).verdict).toBe('mismatch');
  });

  test('the answer to HEAD names an encoding and has no body', () => {
    expect(run(encoded('gzip', ''), encoded('br', '')).verdict).toBe('match');
  });
});

describe('bodies made to hurt', () => {
  test('10,000 levels are a match byte for byte, else not comparable', () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
    expect(compareTexts(deep, deep).verdict).toBe('match');
    expect(compareTexts(deep, `${deep} `)).toMatchObject({ verdict: 'not_comparable', reason: 'too_complex' });
  });

  test('more values than the budget are not comparable', () => {
    const many = (last: number) => `[${'1,'.repeat(200_000)}${last}]`;
    expect(compareTexts(many(1), many(2))).toMatchObject({ verdict: 'not_comparable', reason: 'too_complex' });
  });

  test('as many lines as the budget are not comparable', () => {
    const text = (last: string) =>
      answer(`${'\n'.repeat(200_000)}${last}`, { headers: ['content-type', 'text/plain'] });
    expect(run(text('a'), text('b'))).toMatchObject({ verdict: 'not_comparable', reason: 'too_complex' });
  });

  // Each step of these walks costs a node, so a walk that is not linear runs out of its budget and fails here.
  test.each([
    ['a change below 390 arrays', `${'['.repeat(390)}${'1,'.repeat(40_000)}[1]${']'.repeat(390)}`, 1],
    ['15,000 rows that all differ', `[${'{"a":1},'.repeat(15_000)}1]`, 15_001],
    ['30,000 equal rows, then one', `[${'{"a":0},'.repeat(30_000)}{"a":1}]`, 1],
  ])('%s are compared in linear time', (_, text, total) => {
    const changed = total === 1 ? text.replace(/1(?!.*1)/, '2') : text.replaceAll('1', '2');
    expect(compareTexts(text, changed)).toMatchObject({ verdict: 'mismatch', differencesTotal: total });
  });

  test('no more differences are kept than the limit, and unexplained ones come first', () => {
    const table = (value: number) =>
      JSON.stringify(
        Array.from({ length: 9 }, (_, row) =>
          Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`k${row}x${key}`, value])),
        ),
      );
    const comparison = compareTexts(table(1), table(2), { rules: [{ at: '/0/*', as: 'known', reason: 'old' }] });
    expect(comparison.differences).toHaveLength(64);
    expect(comparison.differencesTotal).toBe(360);
    expect(comparison.differences.every(({ explainedBy }) => explainedBy === null)).toBe(true);
  });

  test('a pairing that fails is not taken for a verdict', () => {
    const broken = {
      toPrimary: () => {
        throw new Error('the store is closed');
      },
    };
    expect(() => compareTexts('"a"', '"b"', { pairing: broken })).toThrow('the store is closed');
  });
});
