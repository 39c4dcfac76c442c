import { z } from 'zod';
import type { Agent } from '../../contract/agents.ts';
import type { Capabilities } from '../../contract/plugins.ts';
import type { Task } from '../../contract/tasks.ts';
import {
  breakpoint,
  breakpointInput,
  callServiceInput,
  delegateInput,
  failureInput,
  finding,
  held,
  mockAgent,
  mockAgentInput,
  mockServiceInput,
  releaseInput,
  sandboxInput,
  sandboxSession,
  sandboxStatus,
  scenario,
  scenarioResult,
  service,
  simulated,
  spawnInput,
  trace,
  tracesInput,
} from './shapes.ts';

const byId = z.strictObject({ id: z.string() });

export const capabilities = {
  setDebug: {
    says: 'whether breakpoints hold; off lets go of all that is held',
    input: z.strictObject({ enabled: z.boolean() }),
    output: z.void(),
  },
  setBreakpoint: { says: 'holds what comes by a place', input: breakpointInput, output: breakpoint },
  clearBreakpoint: { says: 'holds there no more; false: there is none', input: byId, output: z.boolean() },
  breakpoints: { says: 'where is held, and how often it was', input: z.undefined(), output: z.array(breakpoint) },
  held: { says: 'what is held now, the longest first', input: z.undefined(), output: z.array(held) },
  release: {
    says: 'lets go of what is held: on, on to its next place, or not at all; false: it is not held',
    input: releaseInput,
    output: z.boolean(),
  },
  delegate: {
    says: 'delegates a task as the kernel does, but may be held for minutes',
    input: delegateInput,
    output: z.custom<Task>(),
  },
  spawn: {
    says: 'spawns an agent as the kernel does, but may be held for minutes',
    input: spawnInput,
    output: z.custom<Agent>(),
  },
  findings: {
    says: 'what went on although nobody let it, oldest first',
    input: z.undefined(),
    output: z.array(finding),
  },
  mockAgent: {
    says: 'spawns an agent that pretends to work',
    input: mockAgentInput,
    output: z.object({ id: z.string() }),
  },
  mockAgents: { says: 'the mock agents, and how they did', input: z.undefined(), output: z.array(mockAgent) },
  mockService: { says: 'answers for a service, or changes its answers', input: mockServiceInput, output: z.void() },
  callService: { says: 'asks a mocked service', input: callServiceInput, output: z.unknown() },
  services: { says: 'the mocked services', input: z.undefined(), output: z.array(service) },
  simulateFailure: { says: 'lets something fail for a while', input: failureInput, output: simulated },
  endFailure: { says: 'lets it fail no more; false: it does not', input: byId, output: z.boolean() },
  failures: { says: 'what is made to fail now', input: z.undefined(), output: z.array(simulated) },
  addScenario: { says: 'adds a scenario, or replaces the one with its id', input: scenario, output: z.void() },
  scenarios: { says: 'the scenarios', input: z.undefined(), output: z.array(scenario) },
  runScenario: {
    says: 'runs a scenario; a step that fails is an answer, an unknown scenario an error',
    input: byId,
    output: scenarioResult,
  },
  scenarioResults: { says: 'the last results, oldest first', input: z.undefined(), output: z.array(scenarioResult) },
  startSandbox: { says: 'begins a demonstration on mock agents', input: sandboxInput, output: sandboxSession },
  sandboxStatus: {
    says: 'how a demonstration goes; null: there is none',
    input: z.strictObject({ sessionId: z.string() }),
    output: sandboxStatus.nullable(),
  },
  traces: { says: 'the newest traces that fit, oldest first', input: tracesInput, output: z.array(trace) },
} as const satisfies Capabilities;
