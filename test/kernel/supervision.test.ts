import { expect, test } from 'vitest';
import type { AgentRecord } from '../../src/kernel/agents.ts';
import { DEFAULTS, type Settings } from '../../src/kernel/config.ts';
import { Supervision } from '../../src/kernel/supervision.ts';
import { agentRecord } from './support/records.ts';

const SETTINGS: Settings = {
  ...DEFAULTS,
  restartLimit: { restartsMax: 2, windowMs: 1_000 },
  restartPauseMs: 100,
  restartPauseMsMax: 150,
  groups: { chain: { strategy: 'rest_for_one' }, pair: { strategy: 'one_for_one', restartsMax: 1 } },
};

function supervision(): Supervision {
  return new Supervision(SETTINGS, () => 0.999_999);
}

test('the restart policy says who is started again', () => {
  const decide = (restart: 'permanent' | 'transient' | 'temporary', wasFailure: boolean) =>
    supervision().decide(agentRecord({ restart }), wasFailure, [], 0).do;
  expect(decide('permanent', true)).toBe('restart');
  expect(decide('permanent', false)).toBe('restart');
  expect(decide('transient', true)).toBe('restart');
  expect(decide('transient', false)).toBe('leave');
  expect(decide('temporary', true)).toBe('leave');
});

test('restarts pause longer each time, and more than the limit in the window give the agent up', () => {
  const supervised = supervision();
  const agent = agentRecord();
  expect(supervised.decide(agent, true, [agent], 0)).toEqual({ do: 'restart', agents: [agent], pauseMs: 100 });
  expect(supervised.decide(agent, true, [agent], 10)).toMatchObject({ do: 'restart', pauseMs: 150 });
  expect(supervised.decide(agent, true, [agent], 20)).toEqual({
    do: 'give_up',
    agents: [agent],
    of: `agent ${agent.spec.id}`,
  });
});

test('restarts that are older than the window do not count', () => {
  const supervised = supervision();
  const agent = agentRecord();
  for (const atMs of [0, 600, 1_200, 1_800, 2_400]) {
    expect(supervised.decide(agent, true, [agent], atMs).do).toBe('restart');
  }
});

test('rest_for_one restarts also those that were spawned after the one that failed', () => {
  const [first, second, third] = [1, 2, 3].map(() => agentRecord({ group: 'chain' })) as AgentRecord[];
  const stranger = agentRecord();
  const all = [first, second, stranger, third] as AgentRecord[];
  expect(supervision().decide(second as AgentRecord, true, all, 0)).toMatchObject({ agents: [second, third] });
});

test('a group shares one limit, and is given up as a whole', () => {
  const supervised = supervision();
  const [one, other] = [agentRecord({ group: 'pair' }), agentRecord({ group: 'pair' })];
  expect(supervised.decide(one, true, [one, other], 0)).toMatchObject({ do: 'restart', agents: [one] });
  expect(supervised.decide(other, true, [one, other], 1)).toEqual({
    do: 'give_up',
    agents: [one, other],
    of: 'group pair',
  });
});

test('a group that nobody configured restarts one for one', () => {
  const agent = agentRecord({ group: 'unheard-of' });
  expect(supervision().decide(agent, true, [agent, agentRecord({ group: 'unheard-of' })], 0)).toMatchObject({
    agents: [agent],
  });
});
