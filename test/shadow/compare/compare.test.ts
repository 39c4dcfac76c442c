import { describe, expect, test } from 'vitest';
import { compare, compileRules } from '../../../shadow/compare/index.ts';
import type { Observation } from '../../../src/contract/calls.ts';
import { answer, compareTexts, compareValues, failure, lines, NO_PAIRING } from './observations.ts';

const RULES = compileRules([]);
const run = (primary: Observation, candidate: Observation) => compare(primary, candidate, RULES, NO_PAIRING);
const typed = (type: string) => ({ headers: ['Content-Type', type] });

describe('outcomes', () => {
  test('an answer against a failure is a mismatch', () => {
    const comparison = run(answer('{}'), failure('answer_timeout'));
    expect(comparison.verdict).toBe('mismatch');
    expect(lines(comparison)).toEqual(['outcome : answered 200 → answer_timeout']);
  });

  test('both sides failing in the same way is a match, in two ways a mismatch', () => {
    expect(run(failure('reset'), failure('reset')).verdict).toBe('match');
    expect(lines(run(failure('reset'), failure('malformed')))).toEqual(['outcome : reset → malformed']);
  });

  test('a failure that the gateway made itself says nothing about the side', () => {
    expect(run(failure('overloaded'), answer('{}'))).toMatchObject({
      verdict: 'not_comparable',
      reason: 'primary_failed',
    });
    expect(run(answer('{}'), failure('aborted'))).toMatchObject({
      verdict: 'not_comparable',
      reason: 'candidate_failed',
    });
  });
});

describe('status and content type', () => {
  test('statuses differ', () => {
    expect(lines(run(answer('{}'), answer('{}', { status: 201 })))).toEqual(['status : 200 → 201']);
  });

  test('an answer and an error are not compared body by body', () => {
    const comparison = run(answer('{"id":1}'), answer('{"error":"none"}', { status: 404 }));
    expect(lines(comparison)).toEqual(['status : 200 → 404']);
  });

  test('only the media type of the content type counts', () => {
    const other = answer('{}', typed('Application/JSON; charset=utf-8'));
    expect(run(answer('{}'), other).verdict).toBe('match');
    expect(lines(run(answer('{}'), answer('{}', typed('text/html'))))).toEqual([
      'content_type : "application/json" → "text/html"',
    ]);
    expect(lines(run(answer('{}'), answer('{}', { headers: [] })))).toEqual([
      'content_type : "application/json" → null',
    ]);
  });
});

describe('bodies that were not kept', () => {
  test('a longer body than is kept is not comparable, and says on which side', () => {
    expect(run(answer(null), answer('{}'))).toMatchObject({ verdict: 'not_comparable', reason: 'primary_too_large' });
    expect(run(answer('{}'), answer(null))).toMatchObject({ verdict: 'not_comparable', reason: 'candidate_too_large' });
  });

  test('a status that differs is a mismatch all the same', () => {
    expect(run(answer(null), answer(null, { status: 201 }))).toMatchObject({ verdict: 'mismatch', reason: null });
  });
});

describe('JSON', () => {
  test('white space, member order and escapes are no difference', () => {
    expect(compareTexts('{"a":1,"b":["x/y"]}', ' { "b" : [ "x\\/\\u0079" ] ,\n"a":1.0}').verdict).toBe('match');
  });

  test('values, types, missing and extra members are told apart', () => {
    const comparison = compareValues(
      { a: 1, b: 'x', c: null, d: [], gone: 1 },
      { a: 2, b: 7, c: 'y', d: {}, more: [1, 2] },
    );
    expect(lines(comparison)).toEqual([
      'value /a: 1 → 2',
      'type /b: "x" → 7',
      'type /c: null → "y"',
      'type /d: array of 0 elements → object of 0 members',
      'missing /gone: 1 → absent',
      'extra /more: absent → array of 2 elements',
    ]);
    expect(comparison.differencesTotal).toBe(6);
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['0', '-0'],
    ['1e400', '2e400'],
    ['0.1', '0.10000000000000001'],
    ['"\\ud800"', '"\\ud801"'],
    ['"\\ud800"', '"\\ufffd"'],
    ['"é"', '"e\\u0301"'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"a":1,"a":2}', '{"a":2,"a":1}'],
    ['{"__proto__":1}', '{}'],
    ['{"__proto__":1}', '{"__proto__":2}'],
    ['{"constructor":{"prototype":{"x":1}}}', '{"constructor":{"prototype":{"x":2}}}'],
    ['[]', '{}'],
    ['""', 'null'],
  ])('%s differs from %s', (primary, candidate) => {
    expect(compareTexts(primary, candidate).verdict).toBe('mismatch');
  });

  test('a byte order mark on one side is a difference', () => {
    expect(lines(compareTexts('{"a":1}', '\ufeff{"a": 1}'))).toEqual(['value : JSON → JSON behind a byte order mark']);
    expect(compareTexts('\ufeff{"a":1}', '\ufeff{"a": 1}').verdict).toBe('match');
  });

  test('a body that is not JSON, or empty, is a type of its own', () => {
    expect(lines(compareTexts('{"a":1}', '{"a":1'))).toEqual([
      'type : object of 1 member → not JSON: expected "," or "}" at character 7',
    ]);
    expect(lines(compareTexts('{"a":1}', ''))).toEqual(['type : object of 1 member → empty']);
    expect(compareTexts('', '').verdict).toBe('match');
    expect(lines(compareTexts('oops', 'oh no'))).toEqual(['value : "oops" → "oh no"']);
  });

  test('different bytes that are no UTF-8 stay different', () => {
    const body = (byte: number) => answer(Buffer.from([0x22, byte, 0x22]));
    expect(run(body(0xff), body(0xfe)).verdict).toBe('mismatch');
    expect(run(answer(Buffer.from('"\u00e9"', 'utf8')), answer(Buffer.from('"\u00e9"', 'latin1'))).verdict).toBe(
      'mismatch',
    );
    expect(run(answer(Buffer.from('"\u00c3\u00a9"', 'latin1')), body(0xe9)).verdict).toBe('mismatch');
  });

  test('long texts are rendered up to a whole word, with the place where they part', () => {
    const text = 'word '.repeat(100);
    const [difference] = compareValues({ a: `${text}x` }, { a: `${text}y` }).differences;
    expect(difference?.primary).toMatch(/^"(?:word )*word…" \(of 501 characters, different from character 501 on\)$/);
    const [token] = compareValues({ a: 'x'.repeat(500) }, { a: 'y' }).differences;
    expect(token).toMatchObject({ primary: '"…" (of 500 characters)', candidate: '"y"' });
  });
});

describe('text and binary', () => {
  test('text is compared by lines', () => {
    const text = (body: string) => answer(body, typed('text/plain'));
    const comparison = run(text('one\ntwo\nthree\n'), text('one\n2\nthree\nfour\n'));
    expect(lines(comparison)).toEqual(['value /*: "two" → "2"', 'extra /*: absent → "four"']);
    expect(lines(run(text('idle'), text('busy')))).toEqual(['value : "idle" → "busy"']);
  });

  test('binary is compared by bytes', () => {
    const image = (...bytes: number[]) => answer(Buffer.from(bytes), typed('image/png'));
    expect(run(image(1, 2, 3), image(1, 2, 3)).verdict).toBe('match');
    expect(lines(run(image(1, 2, 3), image(1, 2, 4)))).toEqual([
      'value : 3 bytes, different from byte 3 on → 3 bytes, different from byte 3 on',
    ]);
    expect(lines(run(image(1, 2), image(1, 2, 4)))).toEqual([
      'length : 2 bytes, different from byte 3 on → 3 bytes, different from byte 3 on',
    ]);
  });

  test('a body without a content type is looked at', () => {
    const bare = (body: string) => answer(body, { headers: [] });
    expect(run(bare('{"a":1,"b":2}'), bare('{"b":2,"a":1}')).verdict).toBe('match');
    expect(run(bare('plain'), bare('plane')).verdict).toBe('mismatch');
  });
});
