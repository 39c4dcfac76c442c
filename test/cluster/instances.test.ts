import { expect, it } from 'vitest';
import { togetherInstances } from '../../src/cluster/instances.ts';

const at = (url: string, over: object = {}) => ({
  ...{ url, state: 'in', underWay: 1, failuresInARow: 0, ejections: 0, outForMs: null },
  ...over,
});
const view = (...calls: readonly object[]) =>
  ({ legacy: { calls, copies: [] }, v2: { calls: [], copies: [] } }) as never;

it('shows the worst that a worker says of an instance, and adds up what is under way', () => {
  const one = view(at('a'), at('b', { state: 'out', ejections: 1, failuresInARow: 5, outForMs: 700 }));
  const two = view(at('a', { underWay: 2 }), at('b', { state: 'trial', ejections: 2, failuresInARow: 6 }));
  expect(togetherInstances([one, two])?.legacy.calls).toEqual([
    at('a', { underWay: 3 }),
    at('b', { state: 'out', underWay: 2, ejections: 3, failuresInARow: 6, outForMs: 700 }),
  ]);
  expect(togetherInstances([])).toBeNull();
});
