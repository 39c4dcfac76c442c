import { randomUUID } from 'node:crypto';
import type { Agent, AgentFunction } from '../../contract/agents.ts';
import { BanyanError } from '../../contract/errors.ts';
import { newV2Id } from '../../contract/ids.ts';
import type { PluginKernel } from '../../contract/plugins.ts';
import type { Task } from '../../contract/tasks.ts';
import { hit } from '../parts/bounded.ts';
import { ABORTED, pass } from './debugger.ts';
import { suffer } from './failures.ts';
import { loadWithMock, wait } from './live.ts';
import { behavior as behaviorSchema, type MockAgentInput } from './shapes.ts';
import type { Context, Mock } from './state.ts';
import { detail, trace } from './traces.ts';

/** Spawns an agent of the kernel whose work is pretended. @throws {BanyanError} OVERLOADED, and as spawnAgent */
export async function mockAgent(input: MockAgentInput, context: Context): Promise<Agent> {
  const { state, config } = context;
  const mocks = [...state.mocks.values()].filter(({ sandbox }) => !sandbox).length;
  if (mocks >= config.mockAgentsMax) {
    hit(state.limitsHit, 'mockAgentsMax');
    throw new BanyanError('OVERLOADED', `${mocks} mock agents are at work; mockAgentsMax is ${config.mockAgentsMax}`);
  }
  return spawnMock(input, answerAsTold, false, context);
}

/** What a mock agent answers to a task. */
export type Answer = (task: Task, mock: Mock, context: Context, signal: AbortSignal) => unknown;

export async function spawnMock(
  input: MockAgentInput,
  answer: Answer,
  sandbox: boolean,
  context: Context,
): Promise<Agent> {
  const { state, kernel, now } = context;
  const { role, capabilities, behavior, attributes, id = newV2Id(now(), randomUUID()) } = input;
  const before = state.mocks.get(id);
  // Known before it is spawned: its first task may come before the spawn is answered.
  state.mocks.set(id, { role, behavior, sandbox, dice: behavior.seed, runs: 0, failures: 0 });
  try {
    const agent = await kernel.spawnAgent({
      id,
      role,
      capabilities,
      runtime: { kind: 'function', run: workOf(kernel, answer) },
      attributes: { ...attributes, mock: true },
      restart: 'temporary',
    });
    trace('mock_agent_created', { agentId: id, facts: { role, successRate: behavior.successRate } }, context);
    return agent;
  } catch (error) {
    if (before === undefined) state.mocks.delete(id);
    else state.mocks.set(id, before);
    throw error;
  }
}

export const DEFAULT_BEHAVIOR = behaviorSchema.parse({});

function workOf(kernel: PluginKernel, answer: Answer): AgentFunction {
  return async (task, { agent, signal }) => {
    const context = loadWithMock(kernel, agent.id);
    const mock = context?.state.mocks.get(agent.id);
    if (context === null || mock === undefined) throw new Error('the development plugin is not loaded any more');
    await hold(task, agent, context);
    const components = ['agents', `agent:${agent.id}`, `role:${agent.role}`, `task:${task.type}`];
    mock.runs++;
    try {
      await suffer(components, context, signal);
      if (!context.config.fast) await wait(mock.behavior.delayMs, context, signal);
      if (roll(mock) >= mock.behavior.successRate) throw new Error(`mock agent ${agent.id} failed, as it was told to`);
      const result = await answer(task, mock, context, signal);
      trace(
        'mock_task_executed',
        { taskId: task.id, agentId: agent.id, facts: { result: detail(result, context) } },
        context,
      );
      return result;
    } catch (error) {
      mock.failures++;
      throw error;
    }
  };
}

async function hold(task: Task, agent: Agent, context: Context): Promise<void> {
  const held = pass(
    { place: 'run', taskId: task.id, agentId: agent.id, type: task.type, role: agent.role },
    context.config.runHoldMs,
    context,
  );
  if (held === null || (await held) !== 'abort') return;
  throw Object.assign(new Error(ABORTED), { code: 'aborted', retryable: false });
}

const answerAsTold: Answer = (task, { behavior }) => {
  if (Object.hasOwn(behavior.responses, task.type)) return behavior.responses[task.type];
  return { mock: true, taskId: task.id, agentId: task.agentId, result: `task ${task.id} was pretended` };
};

/** The next number of its dice, 0 (inclusive) to 1 (exclusive). Mulberry32 (Tommy Ettinger, public domain). */
function roll(mock: Mock): number {
  mock.dice = (mock.dice + 0x6d2b79f5) | 0;
  let mixed = Math.imul(mock.dice ^ (mock.dice >>> 15), 1 | mock.dice);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
