import { expect, it } from 'vitest';
import type { Entity } from '../../src/contract/entities.ts';
import { awaitTwins } from '../../src/gateway/await-twins.ts';

const agent: Entity = {
  type: 'demo',
  kind: 'agent',
  id: 'a',
  owner: 'legacy',
  ids: { legacy: 'a', v2: null },
  twin: 'untwinned',
  createdAtMs: 1000,
};

/** Gives how often the store was asked until the wait was over; the clock goes on by 100 ms with each. */
async function looks(states: readonly (Entity | undefined)[], firstMs: number): Promise<number> {
  let asked = 0;
  const findEntity = () => states[Math.min(asked++, states.length - 1)];
  const epochMs = () => firstMs + 100 * asked;
  await awaitTwins({ store: { findEntity }, epochMs }, 'demo', 'v2', [{ kind: 'agent', id: 'a' }]);
  return asked;
}

it('waits for the twin of a young entity until it is there', async () => {
  const twinned: Entity = { ...agent, ids: { legacy: 'a', v2: 'b' }, twin: 'in_sync' };
  expect(await looks([agent, agent, twinned], 1000)).toBe(3);
});

it('waits no longer than the entity is young, and not at all for an older one', async () => {
  expect(await looks([agent], 1000)).toBe(5);
  expect(await looks([agent], 1500)).toBe(1);
});

it('does not wait for what nobody recorded, or for a twin that is stale', async () => {
  expect(await looks([undefined], 1000)).toBe(1);
  expect(await looks([{ ...agent, twin: 'stale' }], 1000)).toBe(1);
});

it('is bounded when the clock is set back', async () => {
  const store = { findEntity: () => agent };
  await awaitTwins({ store, epochMs: () => 0 }, 'demo', 'v2', [{ kind: 'agent', id: 'a' }]);
  await awaitTwins({ store, epochMs: () => 1001 }, 'demo', 'v2', [{ kind: 'agent', id: 'a' }]);
});
