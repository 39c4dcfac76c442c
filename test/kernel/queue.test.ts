import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AgentRecord } from '../../src/kernel/agents.ts';
import { mayRunTask } from '../../src/kernel/match.ts';
import { TaskQueue } from '../../src/kernel/queue.ts';
import type { TaskRecord } from '../../src/kernel/tasks.ts';
import { agentRecord, taskRecord } from './support/records.ts';

const AGEING_MS = 1_000;

function queueOf(...tasks: readonly TaskRecord[]): TaskQueue {
  const queue = new TaskQueue(AGEING_MS);
  for (const task of tasks) queue.add(task);
  return queue;
}

function drain(queue: TaskQueue, agent: AgentRecord): readonly TaskRecord[] {
  const taken: TaskRecord[] = [];
  for (let task = queue.takeFor(agent); task !== null; task = queue.takeFor(agent)) taken.push(task);
  return taken;
}

test('the most urgent task comes first, among equals the one that came first', () => {
  const [low, first, second, high] = [10, 50, 50, 90].map((priority) => taskRecord({ priority }));
  const queue = queueOf(low as TaskRecord, first as TaskRecord, second as TaskRecord, high as TaskRecord);
  expect(drain(queue, agentRecord())).toEqual([high, first, second, low]);
});

test('a task ages: after long enough it comes before one that is more urgent and younger', () => {
  const old = taskRecord({ priority: 0 }, 0);
  const tooYoung = taskRecord({ priority: 50 }, 49_000);
  const younger = taskRecord({ priority: 50 }, 51_000);
  expect(drain(queueOf(old, tooYoung, younger), agentRecord())).toEqual([tooYoung, old, younger]);
});

test('a task that is not urgent runs at last, though urgent ones never stop coming', () => {
  const queue = queueOf(taskRecord({ id: 'patient', priority: 0 }, 0));
  const agent = agentRecord();
  let served = 0;
  for (let nowMs = 0; ; nowMs += 1_000, served += 1) {
    queue.add(taskRecord({ priority: 100 }, nowMs));
    if (queue.takeFor(agent)?.spec.id === 'patient') break;
  }
  expect(served).toBe(100);
});

test('tasks that name an agent run on it alone, first in first out whatever their priority', () => {
  const agent = agentRecord({ id: 'named' });
  const first = taskRecord({ agentId: 'named', priority: 0 });
  const second = taskRecord({ agentId: 'named', priority: 100 });
  const queue = queueOf(first, second);
  expect(queue.takeFor(agentRecord())).toBeNull();
  expect(queue.named('named')).toEqual([first, second]);
  expect(drain(queue, agent)).toEqual([first, second]);
});

test('what keeps its arrival goes back to its place among those that name an agent', () => {
  const agent = agentRecord({ id: 'named' });
  const [first, second, third] = [1, 2, 3].map(() => taskRecord({ agentId: 'named' })) as TaskRecord[];
  const queue = queueOf(second as TaskRecord, third as TaskRecord);
  queue.add(first as TaskRecord);
  expect(drain(queue, agent)).toEqual([first, second, third]);
});

test('a task that took another one’s place waits before all others for that agent', () => {
  const agent = agentRecord({ id: 'a' });
  const reserved = taskRecord({ priority: 0 });
  const queue = queueOf(taskRecord({ priority: 100 }));
  queue.reserve(reserved, 'a');
  expect(queue.takeFor(agentRecord({ id: 'b' }))).not.toBe(reserved);
  expect(queue.takeFor(agent)).toBe(reserved);
  expect(queue.unreserve('a')).toEqual([]);
});

test('a task is not handed to an agent that its last run still occupies', () => {
  const task = taskRecord();
  const agent = agentRecord({ tasksMax: 2 }, { state: 'busy', taskIds: [task.spec.id] });
  expect(queueOf(task).takeFor(agent)).toBeNull();
});

const need = fc.record({
  role: fc.constantFrom(null, 'tester', 'builder'),
  capabilities: fc.subarray(['sql', 'python', 'go']),
  rehearsal: fc.boolean(),
  priority: fc.nat(100),
});

test('an agent is given the most urgent of the tasks it may run, and never another', () => {
  const agents = fc.record({
    role: fc.constantFrom('tester', 'builder'),
    capabilities: fc.subarray(['sql', 'python', 'go']),
    rehearsal: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(need, { maxLength: 30 }), agents, (needs, spec) => {
      const agent = agentRecord(spec);
      const tasks = needs.map((given) => taskRecord(given));
      const queue = queueOf(...tasks);
      const expected = tasks
        .filter((task) => mayRunTask(agent, task))
        .toSorted((a, b) => b.spec.priority - a.spec.priority || a.arrival - b.arrival);
      expect(drain(queue, agent)).toEqual(expected);
      expect(queue.size).toBe(tasks.length - expected.length);
    }),
  );
});

test('a task that names an agent does not overtake one that a place there was promised to', () => {
  const queue = queueOf();
  const promised = taskRecord({ agentId: 'named' });
  queue.reserve(promised, 'named');
  expect(queue.hasNamed('named')).toBe(true);
  queue.remove(promised);
  expect(queue.hasNamed('named')).toBe(false);
});
