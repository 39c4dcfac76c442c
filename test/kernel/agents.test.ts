import { expect, test } from 'vitest';
import { type AgentMove, type AgentStatus, nextAgentStatus } from '../../src/kernel/agents.ts';
import { drawTable, readTable } from './support/table.ts';

const ERROR = { code: 'x', message: 'x', retryable: true };

const STATUSES: readonly AgentStatus[] = [
  { state: 'starting' },
  { state: 'idle' },
  { state: 'busy', taskIds: ['t1'] },
  { state: 'stopping', taskIds: [], reason: 'r' },
  { state: 'stopped', reason: 'r' },
  { state: 'failed', error: ERROR },
];

const MOVES: readonly AgentMove[] = [
  { move: 'ready' },
  { move: 'assigned', taskId: 't2' },
  { move: 'released', taskId: 't1' },
  { move: 'stopping', reason: 'r' },
  { move: 'stopped', reason: 'r' },
  { move: 'failed', error: ERROR },
  { move: 'restarting' },
];

/** Rows: where an agent is. Columns: the move. `-`: illegal. */
const TABLE = `
           ready  assigned  released  stopping  stopped  failed  restarting
starting   idle   -         -         stopping  -        failed  starting
idle       -      busy      -         stopping  -        failed  starting
busy       -      busy      idle      stopping  -        failed  starting
stopping   -      -         -         -         stopped  -       -
stopped    -      -         -         -         -        -       -
failed     -      -         -         stopping  -        -       starting
`;

test('an agent makes the moves of the table and no other', () => {
  const rows = STATUSES.map(({ state }) => state);
  const columns = MOVES.map(({ move }) => move);
  const drawn = drawTable(rows, columns, (row, column) =>
    outcome(STATUSES[row] as AgentStatus, MOVES[column] as AgentMove),
  );
  expect(drawn).toEqual(readTable(TABLE));
});

function outcome(status: AgentStatus, move: AgentMove): string {
  try {
    return nextAgentStatus(status, move, 2).state;
  } catch (error) {
    expect(error).toMatchObject({ code: 'ILLEGAL_MOVE' });
    return '-';
  }
}

test('an agent takes no more tasks than it has places, and none twice', () => {
  const busy: AgentStatus = { state: 'busy', taskIds: ['t1'] };
  expect(() => nextAgentStatus(busy, { move: 'assigned', taskId: 't2' }, 1)).toThrow('busy');
  expect(() => nextAgentStatus(busy, { move: 'assigned', taskId: 't1' }, 2)).toThrow('busy');
  expect(nextAgentStatus(busy, { move: 'assigned', taskId: 't2' }, 2)).toEqual({
    state: 'busy',
    taskIds: ['t1', 't2'],
  });
});

test('an agent gives up only a task it has, and stops only without tasks', () => {
  const stopping: AgentStatus = { state: 'stopping', taskIds: ['t1'], reason: 'r' };
  expect(() => nextAgentStatus(stopping, { move: 'released', taskId: 't9' }, 1)).toThrow('stopping');
  expect(() => nextAgentStatus(stopping, { move: 'stopped', reason: 'r' }, 1)).toThrow('stopping');
  const emptied = nextAgentStatus(stopping, { move: 'released', taskId: 't1' }, 1);
  expect(nextAgentStatus(emptied, { move: 'stopped', reason: 'r' }, 1).state).toBe('stopped');
});
