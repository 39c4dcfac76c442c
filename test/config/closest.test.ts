import { expect, it } from 'vitest';
import { closest } from '../../src/config/closest.ts';

const KEYS = ['match', 'legacy', 'v2', 'affinity', 'operations', 'mirror', 'compare', 'order'];

it.each([
  ['legcay', 'legacy'],
  ['Legacy', 'legacy'],
  ['lagecy', 'legacy'],
  ['mach', 'match'],
  ['op', 'operations'],
  ['miror', 'mirror'],
  ['V2', 'v2'],
])('%s was meant to be %s', (text, meant) => {
  expect(closest(text, KEYS)).toBe(meant);
});

it.each(['', 'x', 'prefix', 'v1', 'l'.repeat(10_000)])('%.10s was meant to be none of them', (text) => {
  expect(closest(text, KEYS)).toBeNull();
});

it('the nearest of several near ones is taken, and of equals the first', () => {
  expect(closest('reads', ['read', 'reads'])).toBe('reads');
  expect(closest('bat', ['cat', 'rat'])).toBe('cat');
});
