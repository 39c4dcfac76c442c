import { expect, it } from 'vitest';
import { affinityKey, compileAffinity } from '../../src/cutover/affinity.ts';

const input = (over: object = {}) => ({
  headers: ['X-Tenant', 'acme', 'Cookie', 'a=1; session=s1; b=2'],
  query: 'user=u%201',
  address: '10.0.0.1',
  randomId: () => 'random',
  ...over,
});

it.each([
  ['header:x-tenant', 'caller', 'acme'],
  ['cookie:session', 'caller', 's1'],
  ['query:user', 'caller', 'u 1'],
  ['address', 'caller', '10.0.0.1'],
  ['request', 'request', 'random'],
])('%s gives a %s key', (source, unitKind, unitId) => {
  expect(affinityKey(compileAffinity([source]), input())).toEqual({ unitKind, unitId, source });
});

it('the first source that is present wins', () => {
  const rule = compileAffinity(['header:x-session', 'cookie:none', 'query:none', 'header:x-tenant', 'address']);
  expect(affinityKey(rule, input())?.source).toBe('header:x-tenant');
  expect(affinityKey(rule, input({ headers: [] }))?.source).toBe('address');
});

it('a request with none of the sources has no key', () => {
  expect(affinityKey(compileAffinity(['header:x-session']), input())).toBeNull();
  expect(affinityKey(compileAffinity([]), input())).toBeNull();
});

it('a value of a megabyte is cut', () => {
  const key = affinityKey(compileAffinity(['header:x-tenant']), input({ headers: ['x-tenant', 'a'.repeat(1 << 20)] }));
  expect(key?.unitId).toHaveLength(512);
});
