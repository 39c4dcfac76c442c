import { expect, test } from 'vitest';
import {
  attemptsAfter,
  newTask,
  nextTaskStatus,
  type TaskMove,
  type TaskSpec,
  type TaskStatus,
} from '../../src/kernel/tasks.ts';
import { drawTable, readTable } from './support/table.ts';

const ERROR = { code: 'x', message: 'x', retryable: true };

const STATUSES: readonly TaskStatus[] = [
  { state: 'waiting', untilMs: null },
  { state: 'queued', sinceMs: 0 },
  { state: 'running', sinceMs: 0, agentId: 'a1', token: 1 },
  { state: 'completed', atMs: 0, result: null },
  { state: 'failed', atMs: 0, error: ERROR },
  { state: 'cancelled', atMs: 0, reason: 'r' },
];

const MOVES: readonly TaskMove[] = [
  { move: 'ready' },
  { move: 'started', agentId: 'a1', token: 2 },
  { move: 'completed', result: 1 },
  { move: 'failed', error: ERROR },
  { move: 'retrying', error: ERROR, untilMs: 9 },
  { move: 'interrupted', error: ERROR },
  { move: 'reassigned', toAgentId: null },
  { move: 'cancelled', reason: 'r' },
];

/** Rows: where a task is. Columns: the move. `-`: illegal. */
const TABLE = `
           ready   started  completed  failed  retrying  interrupted  reassigned  cancelled
waiting    queued  -        -          failed  -         -            -           cancelled
queued     -       running  -          failed  -         -            queued      cancelled
running    -       -        completed  failed  waiting   queued       queued      cancelled
completed  -       -        -          -       -         -            -           -
failed     -       -        -          -       -         -            -           -
cancelled  -       -        -          -       -         -            -           -
`;

test('a task makes the moves of the table and no other', () => {
  const rows = STATUSES.map(({ state }) => state);
  const columns = MOVES.map(({ move }) => move);
  const drawn = drawTable(rows, columns, (row, column) =>
    outcome(STATUSES[row] as TaskStatus, MOVES[column] as TaskMove),
  );
  expect(drawn).toEqual(readTable(TABLE));
});

function outcome(status: TaskStatus, move: TaskMove): string {
  try {
    return nextTaskStatus(status, move, 7).state;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ILLEGAL_MOVE' });
    return '-';
  }
}

test('an attempt opens when the task starts, closes when it stops running, and only the last ones are kept', () => {
  const task = newTask({ agentId: null } as TaskSpec, { state: 'queued', sinceMs: 0 }, 1, 0);
  for (let token = 1; token <= 4; token++) {
    task.attempts = attemptsAfter(task, { move: 'started', agentId: 'a1', token }, 10 * token, 3);
    task.attempts = attemptsAfter(task, { move: 'interrupted', error: ERROR }, 10 * token + 5, 3);
  }
  expect(task.attempts.map(({ token, startedAtMs, endedAtMs, end }) => [token, startedAtMs, endedAtMs, end])).toEqual([
    [2, 20, 25, 'interrupted'],
    [3, 30, 35, 'interrupted'],
    [4, 40, 45, 'interrupted'],
  ]);
  expect(attemptsAfter(task, { move: 'cancelled', reason: 'r' }, 99, 3)).toBe(task.attempts);
});
