import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueAt } from '../../src/wire/places.ts';
import { translateBody, translateTarget, translateText } from '../../src/wire/translate.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (body: Uint8Array) => new TextDecoder().decode(body);

/** Of an object that has its members from JSON. */
function pointersToNumbers(value: unknown, at: readonly string[]): readonly (readonly string[])[] {
  if (typeof value === 'number') return at.length === 0 ? [] : [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => pointersToNumbers(inner, [...at, key]));
}

describe('translation of ids', () => {
  it('replaces whole path segments and query values only', () => {
    const translation = new Map([['a1', 'b/2']]);
    expect(translateTarget('/agents/a1/a11?id=a1&x=a11&a1', translation)).toBe('/agents/b%2F2/a11?id=b%2F2&x=a11&a1');
  });

  it('leaves every other byte of a body alone', () => {
    const body =
      '{ "id": "agent-0001",\n "n": 9007199254740993, "note": "agent-0001 is up", "short": "a1", "a": "a11" }';
    const translation = new Map([
      ['agent-0001', 'agent-0002'],
      ['a1', 'z9'],
    ]);
    expect(decode(translateBody(encode(body), translation))).toBe(
      '{ "id": "agent-0002",\n "n": 9007199254740993, "note": "agent-0002 is up", "short": "z9", "a": "a11" }',
    );
  });

  it('gives a body that names none of the ids back as it is, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uuid(), fc.uuid(), (body, from, to) => {
        expect(translateBody(body, new Map([[from, to]]))).toBe(body);
      }),
    );
  });

  it('changes the ids of a text and no other byte, be it a byte order mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uuid(), fc.uuid(), (around, from, to) => {
        const text = (id: string) => Buffer.from(`\ufeff${around}${id}${around}`);
        expect(Buffer.from(translateBody(text(from), new Map([[from, to]])))).toEqual(text(to));
      }),
    );
  });

  it('leaves a body that is no UTF-8 alone: what stands in it is no text', () => {
    const body = Buffer.concat([Buffer.from([0, 0xff, 0xfe, 0xc3]), encode('"agent-0001"')]);
    expect(translateBody(body, new Map([['agent-0001', 'agent-0002']]))).toBe(body);
  });

  it('swaps two ids in one pass', () => {
    const swap = new Map([
      ['agent-0001', 'agent-0002'],
      ['agent-0002', 'agent-0001'],
    ]);
    expect(translateText('agent-0001 agent-0002', swap)).toBe('agent-0002 agent-0001');
  });

  it('replaces a numeric id where an id stands and nowhere else', () => {
    const body = encode('{"invoice":42,"amount":42}');
    expect(decode(translateBody(body, new Map([['42', '43']]), [['invoice']]))).toBe('{"invoice":43,"amount":42}');
    expect(translateBody(body, new Map([['7', '8']]), [['invoice']])).toBe(body);
  });

  it('replaces a long number once, wherever it stands, by what JSON can hold there', () => {
    const chain = new Map([
      ['12345678', '87654321'],
      ['87654321', 'inv_abc'],
    ]);
    const body = '{"invoice": 12345678, "of": [87654321], "n": 123456789, "note": "12345678 of 87654321"}';
    expect(decode(translateBody(encode(body), chain, [['invoice']]))).toBe(
      '{"invoice": 87654321, "of": ["inv_abc"], "n": 123456789, "note": "87654321 of inv_abc"}',
    );
    expect(decode(translateBody(encode('pays 12345678'), chain))).toBe('pays 87654321');
  });

  it('replaces a numeric id and no other byte', () => {
    const around = (id: string) =>
      `\ufeff{ "invoice": 1, "n": 9007199254740993,\n"deep":[{"id":[42]}, {"in\\u0076oice": -0, "id" : ${id} } ], "x": 1.0, "invoice" :${id}}`;
    const pointers = [['invoice'], ['deep', '1', 'id'], ['invoice'], ['deep', '0', 'id'], ['none']];
    expect(Buffer.from(translateBody(encode(around('42')), new Map([['42', '43']]), pointers)).toString()).toBe(
      around('43'),
    );
    expect(Buffer.from(translateBody(encode('[42]'), new Map([['42', 'a"b']]), [['0']])).toString()).toBe('["a\\"b"]');
  });

  it('replaces a number wherever a pointer finds one', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        for (const pointer of pointersToNumbers(value, [])) {
          const id = valueAt(value, pointer);
          const body = encode(JSON.stringify(value, null, 1));
          const translated = decode(translateBody(body, new Map([[String(id), '4711']]), [pointer]));
          expect(valueAt(JSON.parse(translated), pointer)).toBe(4711);
          expect(translated.replace('4711', '').length).toBe(decode(body).length - JSON.stringify(id).length);
        }
      }),
    );
  });

  it('is undone by the inverse translation', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.string(), fc.string(), (from, to, before, after) => {
        fc.pre(from !== to && !before.includes(to) && !after.includes(to));
        const text = `${before}${from}${after}`;
        expect(translateText(translateText(text, new Map([[from, to]])), new Map([[to, from]]))).toBe(text);
      }),
    );
  });

  it('treats ids as text, not as patterns', () => {
    expect(translateText('x.+*(y)[z]', new Map([['.+*(y)[z]', '!']]))).toBe('x!');
  });
});
