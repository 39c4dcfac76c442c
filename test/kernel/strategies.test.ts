import { expect, test } from 'vitest';
import type { AgentRecord } from '../../src/kernel/agents.ts';
import { type Memory, STRATEGIES } from '../../src/kernel/strategies.ts';
import { agentRecord, taskRecord } from './support/records.ts';

const [a, b, c] = [1, 2, 3].map((order) => agentRecord({ id: 'abc'[order - 1] as string, order, tasksMax: 9 })) as [
  AgentRecord,
  AgentRecord,
  AgentRecord,
];

function memory(affinityKeysMax = 10): Memory {
  return { lastOrder: 0, affinity: new Map(), affinityKeysMax, limitHit: () => undefined };
}

test('first_free takes the one spawned first', () => {
  expect(STRATEGIES.first_free([b, c])).toBe(b);
});

test('least_loaded takes the one with fewest running tasks, then fewest tasks ever', () => {
  const loaded = agentRecord({ tasksMax: 2 }, { state: 'busy', taskIds: ['t'] });
  const worn = { ...agentRecord(), tasksEver: 7 };
  const fresh = { ...agentRecord(), tasksEver: 1 };
  expect(STRATEGIES.least_loaded([loaded, worn, fresh])).toBe(fresh);
  expect(STRATEGIES.least_loaded([loaded, worn])).toBe(worn);
});

test('round_robin goes on after the one it took last and starts over at the end', () => {
  const remembers = memory();
  const take = (free: readonly AgentRecord[]) => STRATEGIES.round_robin(free, taskRecord(), remembers).spec.id;
  expect([take([a, b, c]), take([a, b, c]), take([a, c]), take([a, b, c])]).toEqual(['a', 'b', 'c', 'a']);
});

test('affinity brings tasks of one key to one agent while that is free', () => {
  const remembers = memory();
  const take = (affinityKey: string | null, free: readonly AgentRecord[]) =>
    STRATEGIES.affinity(free, taskRecord({ affinityKey }), remembers).spec.id;
  expect(take('tenant-1', [b, c])).toBe('b');
  expect(take('tenant-1', [a, b, c])).toBe('b');
  expect(take('tenant-1', [a, c])).toBe('a');
  expect(take('tenant-1', [a, b, c])).toBe('a');
  expect(take(null, [c])).toBe('c');
});

test('affinity forgets the key that was used longest ago when there are too many', () => {
  const remembers = memory(2);
  for (const affinityKey of ['one', 'two', 'one', 'three']) {
    STRATEGIES.affinity([a], taskRecord({ affinityKey }), remembers);
  }
  expect([...remembers.affinity.keys()]).toEqual(['one', 'three']);
});

test('priority takes the agent with the highest one, then the least loaded', () => {
  const high = agentRecord({ priority: 5 });
  const worn = { ...agentRecord({ priority: 5 }), tasksEver: 3 };
  expect(STRATEGIES.priority([a, worn, high])).toBe(high);
});
