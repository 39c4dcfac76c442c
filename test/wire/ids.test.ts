import { describe, expect, it } from 'vitest';
import { compileIdPlaces, parseJson, readIds } from '../../src/wire/ids.ts';
import { parseAffinity, parseIdPlace, valueAt } from '../../src/wire/places.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('id places', () => {
  it('reads ids from path, query, headers and body', () => {
    const { names, namesInBody } = compileIdPlaces({
      name: 'x',
      method: 'POST',
      path: '/x/:agent',
      effect: 'write',
      names: { agent: 'path.agent', team: 'query.team', session: 'header:X-Session', task: 'body:/task/id' },
    });
    const source = {
      params: new Map([['agent', 'a1']]),
      query: 'team=t%201',
      headers: ['x-session', 's1'],
      json: { task: { id: 7 } },
    };
    expect(namesInBody).toBe(true);
    expect(readIds(names, source)).toEqual([
      { kind: 'agent', id: 'a1' },
      { kind: 'team', id: 't 1' },
      { kind: 'session', id: 's1' },
      { kind: 'task', id: '7' },
    ]);
  });

  it('finds no id in a value that is no id', () => {
    const { names } = compileIdPlaces({
      name: 'x',
      method: 'POST',
      path: '/',
      effect: 'write',
      names: { agent: 'body:/id' },
    });
    for (const json of [undefined, {}, { id: null }, { id: '' }, { id: 1.5 }, { id: true }, { id: {} }, [], 'text']) {
      expect(readIds(names, { params: new Map(), query: '', headers: [], json })).toEqual([]);
    }
  });

  it('never reads through prototypes', () => {
    expect(valueAt({}, ['constructor', 'name'])).toBeUndefined();
    expect(valueAt(JSON.parse('{"__proto__":{"id":"x"}}'), ['__proto__', 'id'])).toBe('x');
  });

  it.each(['path', 'path.', 'body', 'body:id', 'body:/a~2', 'header:', 'header:a b', 'cookie:x', ''])(
    '%j is no place',
    (text) => {
      expect(() => parseIdPlace(text)).toThrow(RangeError);
    },
  );

  it.each(['header', 'header:', 'header:a b', 'body:/x', 'ip', ''])('%j is no affinity', (text) => {
    expect(() => parseAffinity(text)).toThrow(RangeError);
  });

  it('a body that is not JSON has no value', () => {
    for (const text of ['', '{', 'nope', '{"a":1}x']) expect(parseJson(bytes(text))).toBeUndefined();
    expect(parseJson(new Uint8Array([0x22, 0xff, 0x22]))).toBeUndefined();
    expect(parseJson(bytes('{"a":1}'))).toEqual({ a: 1 });
  });
});
