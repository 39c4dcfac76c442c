import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Json, JsonArray, JsonObject, LongNumber } from '../../../shadow/compare/json.ts';
import { Budget, COMPARE_LIMITS, GiveUp } from '../../../shadow/compare/limits.ts';
import { parseJson } from '../../../shadow/compare/parse.ts';

const parse = (text: string) => parseJson(text, new Budget(COMPARE_LIMITS));

describe('the lossless parser', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(plain(read(text))).toStrictEqual(JSON.parse(text));
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('accepts a damaged text exactly when JSON.parse does', () => {
    const damage = fc.record({
      value: fc.jsonValue(),
      at: fc.nat(),
      insert: fc.constantFrom(
        '',
        ',',
        '"',
        '\\',
        '\\u12',
        '}',
        '[',
        '0',
        '-',
        '.',
        'e',
        '\u0001',
        '\u2028',
        ' ',
        'nul',
        '+1',
        '01',
      ),
      remove: fc.nat(2),
    });
    fc.assert(
      fc.property(damage, ({ value, at, insert, remove }) => {
        const text = JSON.stringify(value);
        const position = at % (text.length + 1);
        const damaged = text.slice(0, position) + insert + text.slice(position + remove);
        expect(parse(damaged).ok).toBe(accepts(damaged));
      }),
      { numRuns: 5000, seed: 2 },
    );
  });

  test.each([
    '01',
    '-',
    '1.',
    '.5',
    '+1',
    '1e',
    'NaN',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '"\\x"',
    '"\n"',
    '"\u001f"',
    '"\\n\u001f"',
    '',
    'tru',
    '1 2',
    '\u00a01',
  ])('refuses %j', (text) => {
    expect(parse(text).ok).toBe(false);
  });

  test('says where a text stops being JSON, and what it expected there', () => {
    expect(parse('{"a": 1 "b": 2}')).toEqual({ ok: false, at: 8, expected: '"," or "}"' });
  });

  test('keeps duplicate keys in order', () => {
    expect(read('{"a":1,"b":2,"a":3}')).toMatchObject({ keys: ['a', 'b', 'a'], values: [1, 2, 3] });
  });

  test('keeps __proto__ as an ordinary key', () => {
    const value = read('{"__proto__":{"polluted":true}}');
    expect(value).toMatchObject({ keys: ['__proto__'] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('gives up on 10,000 levels instead of overflowing the stack', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      expect(() => parse(open.repeat(10_000) + 1 + close.repeat(10_000))).toThrow(GiveUp);
    }
  });

  test('gives up on more values than the budget', () => {
    const budget = new Budget({ ...COMPARE_LIMITS, nodesMax: 3 });
    expect(() => parseJson('[1,2,3]', budget)).toThrow('too_complex');
  });
});

describe('numbers', () => {
  const equal = (a: string, b: string) => canonical(a) === canonical(b);

  test.each([
    ['1', '1.0'],
    ['100', '1e2'],
    ['100', '1E+2'],
    ['0.001', '1e-3'],
    ['9007199254740993', '9007199254740993.000'],
    ['1e400', '10e399'],
    ['0', '0.0e99'],
    ['-0', '-0.0'],
  ])('%s equals %s', (a, b) => {
    expect(equal(a, b)).toBe(true);
  });

  test.each([
    ['9007199254740993', '9007199254740992'],
    ['0.1', '0.10000000000000001'],
    ['0', '-0'],
    ['1e400', '1e401'],
    ['1e400', '-1e400'],
    ['0.1e99999999999999999999', '1e99999999999999999999'],
  ])('%s differs from %s', (a, b) => {
    expect(equal(a, b)).toBe(false);
  });

  test('two decimals are equal exactly when their values are', () => {
    const decimal = fc.tuple(
      fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
      fc.integer({ min: 0, max: 25 }),
      fc.integer({ min: -30, max: 30 }),
    );
    fc.assert(
      fc.property(
        decimal,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: -1, max: 1 }),
        ([digits, scale, power], zeros, nudge) => {
          fc.pre(digits !== 0n);
          const text = decimalText(digits, scale, power);
          // The same value with more zeros, written through another power of ten; or its neighbour.
          const other = decimalText((digits + BigInt(nudge)) * 10n ** BigInt(zeros), scale + zeros + 3, power + 3);
          fc.pre(digits + BigInt(nudge) !== 0n);
          expect(equal(text, other)).toBe(nudge === 0);
        },
      ),
      { numRuns: 2000, seed: 3 },
    );
  });
});

function decimalText(digits: bigint, scale: number, power: number): string {
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  const point = text.length - scale;
  const fraction = scale === 0 ? '' : `.${text.slice(point)}`;
  return `${sign}${text.slice(0, point)}${fraction}e${power}`;
}

function canonical(text: string): string {
  const value = read(text);
  if (value instanceof LongNumber) return value.canonical;
  return Object.is(value, -0) ? '-0' : String(value);
}

function read(text: string): Json {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(`expected ${parsed.expected} at ${parsed.at}: ${text}`);
  return parsed.value;
}

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** As JSON.parse would give it. */
function plain(value: Json): unknown {
  if (value instanceof LongNumber) return Number(value.text);
  if (value instanceof JsonArray) return value.items.map(plain);
  if (!(value instanceof JsonObject)) return value;
  const object = {};
  for (const [index, key] of value.keys.entries()) {
    Object.defineProperty(object, key, {
      value: plain(value.values[index] as Json),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}
