import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../src/wire/target.ts';

describe('a request target', () => {
  it.each(['/', '/a/b', '/a?x=1', '/a?x=../..', '/a//b', '/a;v=1/b', '/%C3%A9', '/a.b/..c', '/a?'])(
    '%s is taken as it is',
    (raw) => {
      expect(parseTarget(raw)).toMatchObject({ raw });
    },
  );

  it.each([
    'http://internal.example/adm',
    'http://[::1',
    '*',
    '',
    '//evil.example/a',
    '/a/../adm',
    '/a/..',
    '/a/.',
    '/a/%2e%2e/adm',
    '/a/.%2E/adm',
    '/a/..%2fadm',
    '/a/..;x/adm',
    '/a\\..\\adm',
    '/a/..%5cadm',
    '/%zz',
    '/%',
    '/%00',
    '/a b',
    '/a\tb',
    '/\u00ff',
    '/a#fragment',
  ])('%j is refused', (raw) => {
    expect(parseTarget(raw)).toHaveProperty('refused');
  });

  it('splits path and query at the first question mark', () => {
    expect(parseTarget('/a?b?c')).toEqual({ raw: '/a?b?c', path: '/a', query: 'b?c' });
  });
});
