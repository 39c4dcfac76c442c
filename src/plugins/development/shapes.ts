/** What the capabilities take and give, as zod schemas; the types follow from them. */
import { z } from 'zod';
import type { SpawnRequest } from '../../contract/agents.ts';
import type { TaskRequest } from '../../contract/tasks.ts';
import { stepResult } from '../parts/steps.ts';

const name = z.string().min(1).max(200);
const names = z.array(name).max(100);
const answers = z.record(z.string().max(200), z.json());

// ── debugging ───────────────────────────────────────────────────────────────────────────────────────

/** Where something can be held. `run`: a mock agent's work. */
export const place = z.enum(['spawn', 'delegate', 'complete', 'run', 'scenario_step']);

const where = z.strictObject({
  /** Of the task, or the id of the scenario. */
  type: name.optional(),
  taskId: name.optional(),
  agentId: name.optional(),
  role: name.optional(),
});
export const breakpointInput = z.strictObject({
  place,
  /** All of these. */
  where: where.default({}),
  /** Gone once it was hit. */
  once: z.boolean().default(false),
});
export const breakpoint = z.object({ id: z.string(), place, where, once: z.boolean(), hits: z.number() });
export type Breakpoint = z.output<typeof breakpoint>;

export const held = z.object({
  id: z.string(),
  place,
  taskId: z.string().nullable(),
  agentId: z.string().nullable(),
  type: z.string().nullable(),
  role: z.string().nullable(),
  /** What holds it; `null`: the step before. */
  breakpointId: z.string().nullable(),
  sinceMs: z.number(),
  /** Then it goes on by itself. */
  untilMs: z.number(),
});
export type Held = z.output<typeof held>;

export const releaseInput = z.strictObject({
  id: name,
  /**
   * `resume`: goes on. `step`: goes on, and is held again at its next place. `abort`: a call is vetoed, a run or a
   * step of a scenario fails.
   */
  how: z.enum(['resume', 'step', 'abort']).default('resume'),
});
export type How = z.output<typeof releaseInput>['how'];

/** The kernel checks the rest of them. */
export const delegateInput = z.strictObject({
  request: z.custom<TaskRequest>((value) => typeof (value as TaskRequest | null)?.type === 'string', 'a task request'),
});
export const spawnInput = z.strictObject({
  request: z.custom<SpawnRequest>(
    (value) => typeof (value as SpawnRequest | null)?.role === 'string',
    'a spawn request',
  ),
});

/** What went on although nobody let it. */
export const finding = z.object({
  kind: z.enum(['held_too_long', 'too_many_held']),
  place,
  taskId: z.string().nullable(),
  agentId: z.string().nullable(),
  message: z.string(),
  atMs: z.number(),
});
export type Finding = z.output<typeof finding>;

// ── mocks ───────────────────────────────────────────────────────────────────────────────────────────

export const behavior = z.strictObject({
  delayMs: z.number().min(0).max(3_600_000).default(100),
  /** Share 0..1 of tasks that succeed. */
  successRate: z.number().min(0).max(1).default(0.95),
  /** Answers by task type; JSON. */
  responses: answers.default({}),
  /** The same seed gives the same failures. */
  seed: z.number().int().default(1),
});
export type Behavior = z.output<typeof behavior>;

export const mockAgentInput = z.strictObject({
  id: name.optional(),
  role: name,
  capabilities: names.default([]),
  behavior: behavior.prefault({}),
  attributes: z.record(z.string(), z.json()).default({}),
});
export type MockAgentInput = z.output<typeof mockAgentInput>;
export const mockAgent = z.object({
  id: z.string(),
  role: z.string(),
  behavior,
  runs: z.number(),
  failures: z.number(),
});

export const mockServiceInput = z.strictObject({
  name,
  /** Answers by operation. */
  answers,
  delayMs: z.number().min(0).max(60_000).default(0),
});
export const callServiceInput = z.strictObject({ name, operation: name, input: z.json().default(null) });
export const service = z.object({ name: z.string(), operations: z.array(z.string()), calls: z.number() });

const FITS = {
  refuse: ['spawn', 'delegate', 'role', 'task'],
  error: ['agents', 'services', 'agent', 'role', 'task', 'service'],
  delay: ['agents', 'services', 'agent', 'role', 'task', 'service'],
} as const satisfies Record<string, readonly string[]>;

/** `refuse`: the call is vetoed. `error`, `delay`: of mock agents and mocked services. */
export const failureInput = z
  .strictObject({
    /** `spawn`, `delegate`, `agents`, `services`, `agent:<id>`, `role:<role>`, `task:<type>`, `service:<name>`. */
    component: name,
    failure: z.enum(['refuse', 'error', 'delay']),
    durationMs: z.number().positive().max(86_400_000).default(60_000),
    /** Of a `delay`. */
    delayMs: z.number().positive().max(3_600_000).default(1_000),
  })
  .superRefine(({ component, failure }, { addIssue }) => {
    const kinds: readonly string[] = FITS[failure];
    if (kinds.includes(component.split(':', 1)[0] ?? '')) return;
    addIssue({ code: 'custom', path: ['component'], message: `${failure} can happen to: ${kinds.join(', ')}` });
  });
export const simulated = z.object({
  id: z.string(),
  component: z.string(),
  failure: z.enum(['refuse', 'error', 'delay']),
  delayMs: z.number(),
  untilMs: z.number(),
});
export type Simulated = z.output<typeof simulated>;

// ── scenarios ───────────────────────────────────────────────────────────────────────────────────────

/** A name that an earlier step gave to an agent or a task. */
const ref = name;
const refs = z.array(ref).min(1).max(100);

export const scenarioStep = z.discriminatedUnion('do', [
  mockAgentInput.omit({ id: true }).extend({ do: z.literal('mock_agent'), as: ref }),
  z.strictObject({
    do: z.literal('delegate'),
    as: ref,
    type: name,
    input: z.json().default(null),
    agent: ref.optional(),
    capabilities: names.default([]),
    dependsOn: z.array(ref).max(100).default([]),
  }),
  z.strictObject({
    do: z.literal('await'),
    tasks: refs,
    state: z.enum(['completed', 'failed', 'cancelled']).default('completed'),
  }),
  z.strictObject({ do: z.literal('expect_result'), task: ref, equals: z.json() }),
  z.strictObject({ do: z.literal('expect_agents'), tasks: refs, atLeast: z.number().int().min(1) }),
  z.strictObject({ do: z.literal('expect_time'), atMostMs: z.number().positive() }),
  z.strictObject({
    do: z.literal('call_service'),
    service: name,
    operation: name,
    input: z.json().default(null),
    equals: z.json().optional(),
  }),
  z.strictObject({ do: z.literal('shutdown'), agent: ref }),
  z.strictObject({ do: z.literal('wait'), ms: z.number().positive().max(3_600_000) }),
]);
export type ScenarioStep = z.output<typeof scenarioStep>;

export const scenario = z.strictObject({
  id: name,
  says: z.string().max(500),
  steps: z.array(scenarioStep).min(1).max(100),
  /** Default: the config's. */
  timeoutMs: z.number().positive().max(3_600_000).optional(),
  /** Whether its agents and unfinished tasks go when it is over. */
  cleanup: z.boolean().default(true),
});
export type Scenario = z.output<typeof scenario>;

export const scenarioResult = z.object({
  scenario: z.string(),
  success: z.boolean(),
  startedAtMs: z.number(),
  tookMs: z.number(),
  steps: z.array(stepResult),
  tasks: z.array(z.object({ as: z.string(), id: z.string(), state: z.string(), agentId: z.string().nullable() })),
});
export type ScenarioResult = z.output<typeof scenarioResult>;

// ── sandbox ─────────────────────────────────────────────────────────────────────────────────────────

const complexity = z.enum(['simple', 'moderate', 'complex']);
export const sandboxInput = z.strictObject({
  sessionId: name,
  description: z.string().max(10_000),
  requirements: z.array(z.string().max(1_000)).max(100).default([]),
  complexity: complexity.default('simple'),
});
const sandboxTask = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  agentId: z.string(),
  state: z.enum(['pending', 'running', 'completed', 'error']),
  artifact: z.object({ name: z.string(), type: z.string(), content: z.string() }).nullable(),
  startedAtMs: z.number().nullable(),
  endedAtMs: z.number().nullable(),
});
export type SandboxTask = z.output<typeof sandboxTask>;
export const sandboxSession = z.object({
  id: z.string(),
  description: z.string(),
  requirements: z.array(z.string()),
  complexity,
  startedAtMs: z.number(),
  estimatedEndMs: z.number(),
  endedAtMs: z.number().nullable(),
  tasks: z.array(sandboxTask),
});
export type SandboxSession = z.output<typeof sandboxSession>;
export const sandboxStatus = sandboxSession.extend({
  state: z.enum(['running', 'completed', 'error']),
  /** 0..100. */
  progress: z.number(),
  mockServices: z.array(z.string()),
});

// ── traces ──────────────────────────────────────────────────────────────────────────────────────────

export const trace = z.object({
  sequence: z.number(),
  atMs: z.number(),
  event: z.string(),
  taskId: z.string().nullable(),
  agentId: z.string().nullable(),
  /** That ran then. */
  scenario: z.string().nullable(),
  facts: z.record(z.string(), z.unknown()),
});
export type Trace = z.output<typeof trace>;
export const tracesInput = z
  .strictObject({
    event: name.optional(),
    taskId: name.optional(),
    agentId: name.optional(),
    scenario: name.optional(),
    /** The newest; 0: all. */
    limit: z.number().int().min(0).default(100),
  })
  .prefault({});
