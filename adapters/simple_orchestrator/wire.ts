import type { CompareRule, Wire } from '../../src/contract/wire.ts';

const CLOCKS = 'each side has its own clock';
const ARRIVALS =
  'simultaneous delegations may reach the sides in different orders, and the order decides which free agent takes which task';
const SPEEDS = 'each side counts and times its own work';

/** An agent, as both status calls render it below `details`. */
const AGENT_RULES = (details: string): readonly CompareRule[] => [
  { at: `${details}/*/created_at`, as: 'time', reason: CLOCKS },
  { at: `${details}/*/last_activity`, as: 'time', reason: CLOCKS },
  { at: `${details}/*/current_task_id`, as: 'known', reason: ARRIVALS },
];

const PERFORMANCE_RULES = (performance: string): readonly CompareRule[] => [
  { at: `${performance}/operations_count`, as: 'number', reason: SPEEDS },
  { at: `${performance}/operations_per_second`, as: 'number', reason: SPEEDS },
  { at: `${performance}/response_time_ms`, as: 'number', reason: SPEEDS },
];

/** What the HTTP API of `simple_orchestrator` looks like. */
export const wire: Wire = {
  operations: [
    {
      name: 'spawn_agent',
      method: 'POST',
      path: '/simple_orchestrator/spawn_agent',
      effect: 'write',
      creates: { agent: 'body:/result' },
    },
    {
      name: 'delegate_task',
      method: 'POST',
      path: '/simple_orchestrator/delegate_task',
      effect: 'write',
      creates: { task: 'body:/result' },
    },
    {
      name: 'shutdown_agent',
      method: 'POST',
      path: '/simple_orchestrator/shutdown_agent',
      effect: 'write',
      names: { agent: 'body:/agent_id' },
    },
    { name: 'get_system_status', method: 'POST', path: '/simple_orchestrator/get_system_status', effect: 'read' },
    {
      name: 'spawn_agent_by_role',
      method: 'POST',
      path: '/api/agents/spawn/:role',
      effect: 'write',
      creates: { agent: 'body:/agent_id' },
      // A full house is told as a 500 here.
      expects: [500],
    },
    { name: 'agents_status', method: 'GET', path: '/api/agents/status', effect: 'read' },
    { name: 'deactivate_agents', method: 'DELETE', path: '/api/agents/deactivate', effect: 'write' },
  ],
  compare: [
    { at: '/result/timestamp', as: 'time', reason: CLOCKS },
    ...AGENT_RULES('/result/agents/details'),
    ...PERFORMANCE_RULES('/result/performance'),
    {
      at: '/result/tasks/active_assignments',
      as: 'known',
      reason: 'legacy never forgets an assignment, so it also counts those made before the mirror began',
    },
    ...AGENT_RULES('/agents'),
    ...PERFORMANCE_RULES('/performance'),
  ],
  affinity: ['header:x-caller-id', 'header:x-session-id', 'address'],
  // Which agent a task goes to hangs on the spawns and delegations before it, which the call does not name.
  order: 'type',
};
