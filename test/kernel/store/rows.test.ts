import { expect, test } from 'vitest';
import type { Failure } from '../../../src/contract/tasks.ts';
import { DEFAULTS } from '../../../src/kernel/config.ts';
import { agentOf, agentRow, taskOf, taskRow } from '../../../src/kernel/store/rows.ts';
import { attemptsAfter, type TaskRecord, type TaskSpec, taskView } from '../../../src/kernel/tasks.ts';
import { agentRecord, taskRecord } from '../support/records.ts';

const USUAL: Partial<TaskSpec> = {
  strategy: 'least_loaded',
  deadlines: { queueMs: DEFAULTS.deadlines.queueMs, runMs: DEFAULTS.deadlines.runMs },
};
const FAILURE: Failure = { code: 'x', message: 'it broke', retryable: true };

test('a task is read as it was written, whatever it says', () => {
  const specs: readonly Partial<TaskSpec>[] = [
    USUAL,
    { ...USUAL, priority: 51 },
    { ...USUAL, strategy: 'affinity', affinityKey: 'k' },
    { ...USUAL, whenBusy: 'reject', whenInterrupted: 'fail' },
    { ...USUAL, deadlines: { queueMs: 'never', runMs: 1_800_000 } },
    { ...USUAL, deadlines: { queueMs: 600_000, runMs: 1 } },
    { ...USUAL, retry: { ...DEFAULTS.retry, attemptsMax: 2 } },
    { ...USUAL, retry: { ...DEFAULTS.retry, pauseMs: 1 } },
    { ...USUAL, retry: { ...DEFAULTS.retry, pauseMsMax: 1 } },
    { ...USUAL, retry: { ...DEFAULTS.retry, finalCodes: ['x'] } },
    { ...USUAL, input: { a: [1, null] }, attributes: { id: 'not the id' }, idempotencyKey: 'k', fingerprint: 'f' },
  ];
  for (const spec of specs) {
    const task = taskRecord(spec);
    expect(read(task).spec).toEqual(task.spec);
    expect(taskView(read(task))).toEqual(taskView(task));
  }
});

test('attempts are read as they were written, ended or under way', () => {
  const task = taskRecord(USUAL);
  start(task, 1);
  task.attempts = attemptsAfter(task, { move: 'retrying', error: FAILURE, untilMs: 9 }, 5, 10);
  start(task, 2);
  task.attempts = attemptsAfter(task, { move: 'reassigned', toAgentId: null }, 8, 10);
  start(task, 3);
  expect(task.attempts.map(({ end, error }) => [end, error])).toEqual([
    ['failed', FAILURE],
    ['interrupted', null],
    [null, null],
  ]);
  expect(read(task).attempts).toEqual(task.attempts);
  expect(Object.isFrozen(read(task).attempts[0])).toBe(true);
});

test('what most tasks say is not written', () => {
  const row = taskRow(
    taskRecord({ ...USUAL, id: 't1', attributes: taskOf({ id: 'x', spec: '{}', state: '{}' }).spec.attributes }),
    {
      ended: 0,
    },
  );
  expect(JSON.parse(row.spec ?? '')).toEqual({ type: 'work', createdAtMs: 0 });
});

test('an agent is read as it was written', () => {
  const agent = agentRecord({ id: 'a1', capabilities: ['sql'] });
  const { spec, state } = agentRow(agent, { ended: 0 });
  expect(agentOf({ id: 'a1', spec: spec ?? '', state }).spec).toEqual(agent.spec);
});

function read(task: TaskRecord): TaskRecord {
  const { id, spec, state } = taskRow(task, { ended: 0 });
  return taskOf({ id, spec: spec ?? '', state });
}

function start(task: TaskRecord, token: number): void {
  task.attempts = attemptsAfter(task, { move: 'started', agentId: 'a1', token }, token, 10);
}
