import fc from 'fast-check';
import type { Step } from '../exchange.ts';
import type { Scenario } from './scenario.ts';

const ROLES = ['backend_developer', 'frontend_developer', 'devops_engineer', 'qa_engineer'] as const;
const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
const PLACES = 50;

const rpc = (operation: string, body?: unknown): Step => ({
  method: 'POST',
  path: `/simple_orchestrator/${operation}`,
  body,
});
const spawn = (role: string, agent_id?: string): Step =>
  rpc('spawn_agent', { role, ...(agent_id ? { agent_id } : {}) });
const delegate = (preferred_agent_role?: string): Step =>
  rpc('delegate_task', {
    task_description: 'd',
    task_type: 't',
    ...(preferred_agent_role ? { preferred_agent_role } : {}),
  });
const shutdown = (agent_id: string, graceful?: boolean): Step =>
  rpc('shutdown_agent', { agent_id, ...(graceful === undefined ? {} : { graceful }) });
const spawnByRole = (role: string): Step => ({ method: 'POST', path: `/api/agents/spawn/${encodeURIComponent(role)}` });
const STATUS = rpc('get_system_status');
const REST_STATUS: Step = { method: 'GET', path: '/api/agents/status' };
const DEACTIVATE: Step = { method: 'DELETE', path: '/api/agents/deactivate' };
const fillHouse = (count = PLACES): readonly Step[] => Array.from({ length: count }, () => spawn('qa_engineer'));

const agentRef = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 5 }).map((index) => `$agent:${index}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('mine', '', '__proto__', 'constructor', '7', "it's", 'naïve 😀', '/a%2Fb?c#d'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);
const role = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...ROLES) },
  { weight: 1, arbitrary: fc.constantFrom('QA_ENGINEER', 'chef', '', null) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const priority = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...PRIORITIES) }, fc.constantFrom('urgent', null, 5));
const text = fc.oneof({ weight: 5, arbitrary: fc.string() }, fc.jsonValue());
const flag = fc.constantFrom(false, false, false, 'yes', 1, null);

/** Arguments of which any may be missing, and one may be unknown. */
const named = (model: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...model, colour: fc.constant('red') }, { requiredKeys: [] }).map(({ colour, ...known }) => known);
const sensibly = (required: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: sensibly({ role: fc.constantFrom(...ROLES) }, { agent_id: agentRef }).map((body) =>
      rpc('spawn_agent', body),
    ),
  },
  { weight: 8, arbitrary: fc.option(fc.constantFrom(...ROLES), { nil: undefined }).map((wanted) => delegate(wanted)) },
  { weight: 6, arbitrary: agentRef.map((id) => shutdown(id, false)) },
  {
    weight: 3,
    arbitrary: named({ role, agent_id: fc.oneof(agentRef, fc.jsonValue()) }).map((body) => rpc('spawn_agent', body)),
  },
  {
    weight: 3,
    arbitrary: named({ task_description: text, task_type: text, priority, preferred_agent_role: role }).map((body) =>
      rpc('delegate_task', body),
    ),
  },
  {
    weight: 2,
    arbitrary: sensibly({ graceful: flag }, { agent_id: agentRef }).map((body) => rpc('shutdown_agent', body)),
  },
  { weight: 3, arbitrary: fc.constant(STATUS) },
  { weight: 3, arbitrary: fc.constant(REST_STATUS) },
  { weight: 4, arbitrary: fc.constantFrom(...ROLES, 'QA_Engineer', 'chef', 'naïve', 'a/b', "it's").map(spawnByRole) },
  { weight: 1, arbitrary: fc.constant(DEACTIVATE) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('spawn_agent', 'get_system_status'), fc.jsonValue())
      .map(([name, body]) => rpc(name, body)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((body) => rpc('shutdown_agent', body)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('nope', 'toString', '__init__', '%5F', 'a%2Fb', '%ff', "it's", 'agents_status')
      .map((name) => rpc(name, {})),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      path: fc.constantFrom(
        '/',
        '/nowhere',
        '/api/agents',
        '/api/agents/status',
        '/api/agents/deactivate',
        '/api/agents/spawn/',
        '/api/agents/spawn/chef/',
        '/simple_orchestrator',
        '/simple_orchestrator/',
        '/simple_orchestrator/delegate_task',
        '/simple_orchestrator/a/b',
        '/api/agents/status?verbose=1',
      ),
    }),
  },
);

export const simpleOrchestrator: Scenario = {
  reset: [DEACTIVATE],
  scripts: {
    'the first agent is free until it has a task, and then for ever busy': [
      delegate(),
      spawn('qa_engineer'),
      delegate(),
      delegate(),
      STATUS,
    ],
    'a preferred role is a preference': [
      spawn('backend_developer'),
      spawn('qa_engineer'),
      spawn('qa_engineer'),
      delegate('qa_engineer'),
      STATUS,
      delegate('devops_engineer'),
      STATUS,
      delegate('backend_developer'),
      STATUS,
      delegate('backend_developer'),
    ],
    'a house is full at fifty agents, and an id that is taken is told first': [
      ...fillHouse(),
      spawn('qa_engineer'),
      spawn('qa_engineer', '$agent:7'),
      spawnByRole('QA_engineer'),
      shutdown('$agent:7', false),
      spawn('qa_engineer', '$agent:7'),
      spawn('qa_engineer', 'one too many'),
      STATUS,
    ],
    'an id may be used again after a shutdown': [
      spawn('qa_engineer', 'phoenix'),
      spawn('qa_engineer', 'phoenix'),
      shutdown('phoenix'),
      spawn('devops_engineer', 'phoenix'),
      STATUS,
      REST_STATUS,
    ],
    'a busy agent is given a second, and its assignment stays': [
      spawn('qa_engineer'),
      delegate(),
      shutdown('$agent:0', true),
      STATUS,
      shutdown('$agent:0', true),
    ],
    'a task frees no agent when another is shut down': [
      spawn('qa_engineer'),
      spawn('qa_engineer'),
      delegate(),
      shutdown('$agent:0', false),
      STATUS,
      delegate(),
      delegate(),
      STATUS,
    ],
    'a team of two is ready': [
      REST_STATUS,
      spawnByRole('qa_engineer'),
      REST_STATUS,
      spawnByRole('qa_engineer'),
      REST_STATUS,
    ],
    'a HEAD is no GET': [{ method: 'HEAD', path: '/api/agents/status' }],
    'everybody can be sent home': [...fillHouse(3), delegate(), DEACTIVATE, REST_STATUS, STATUS, DEACTIVATE],
    'empty texts are taken': [
      rpc('spawn_agent', { role: 'qa_engineer', agent_id: '' }),
      rpc('delegate_task', { task_description: '', task_type: '' }),
      STATUS,
      shutdown('', false),
    ],
    'long texts are taken': [
      rpc('spawn_agent', { role: 'qa_engineer', agent_id: 'x'.repeat(100_000) }),
      rpc('delegate_task', { task_description: 'd'.repeat(900_000), task_type: 't'.repeat(50_000) }),
      STATUS,
      shutdown('x'.repeat(100_000), false),
    ],
    'a body has one MiB': [
      rpc('get_system_status', new Uint8Array(1024 * 1024).fill(0x20)),
      rpc('get_system_status', new Uint8Array(1024 * 1024 + 1).fill(0x20)),
    ],
  },
  // Now and then the house is (almost) full from the start.
  steps: fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 47, max: 50 }) }),
      fc.array(step, { minLength: 1, maxLength: 30 }),
    )
    .map(([agents, steps]) => [...fillHouse(agents), ...steps]),
};
