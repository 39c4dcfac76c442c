/** A demonstration without anything outside: five mock agents do the tasks of a session, one after the other. */

import type { z } from 'zod';
import { BanyanError } from '../../contract/errors.ts';
import type { HookEvents } from '../../contract/hooks.ts';
import { hit, setBounded } from '../parts/bounded.ts';
import { wait } from './live.ts';
import { type Answer, DEFAULT_BEHAVIOR, spawnMock } from './mocks.ts';
import { callService, servicesOf } from './services.ts';
import type { SandboxSession, SandboxTask, sandboxInput } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

type Input = z.output<typeof sandboxInput>;
type Part = Pick<SandboxTask, 'title' | 'description' | 'agentId'> & { readonly step: string };

/** Shared by all sessions, as their callers know them. */
const AGENTS = {
  'architect-001': 'architect',
  'developer-001': 'developer',
  'tester-001': 'tester',
  'reviewer-001': 'reviewer',
  'documenter-001': 'documenter',
} as const;

const part = (step: string, agentId: keyof typeof AGENTS, title: string, description: string): Part => ({
  step,
  agentId,
  title,
  description,
});

const SIMPLE = [
  part('understanding', 'architect-001', 'Requirements Analysis', 'find out what is asked for'),
  part('planning', 'architect-001', 'Implementation Planning', 'decide how to build it'),
  part('implementation', 'developer-001', 'Code Implementation', 'build it'),
  part('testing', 'tester-001', 'Test Creation', 'show that it works'),
  part('documentation', 'documenter-001', 'Documentation', 'write down how to use it'),
];
const MODERATE = [
  ...SIMPLE,
  part('integration', 'tester-001', 'Integration Testing', 'show that it works with the rest'),
  part('review', 'reviewer-001', 'Code Review', 'say what could be better'),
];
const PARTS = {
  simple: SIMPLE,
  moderate: MODERATE,
  complex: [
    ...MODERATE,
    part('deployment', 'developer-001', 'Deployment Setup', 'bring it out'),
    part('monitoring', 'developer-001', 'Monitoring Setup', 'watch it'),
  ],
} as const satisfies Record<Input['complexity'], readonly Part[]>;

/** @throws {BanyanError} BAD_INPUT when the sandbox is off, DUPLICATE_ID for a session that there is already */
export async function startSandbox(input: Input, context: Context): Promise<SandboxSession> {
  const { state, config, now } = context;
  const { sessionId, description, requirements, complexity } = input;
  if (!config.sandbox.enabled)
    throw new BanyanError('BAD_INPUT', 'the sandbox is off: set sandbox.enabled in the config');
  if (state.sessions.has(sessionId))
    throw new BanyanError('DUPLICATE_ID', `there is a sandbox session "${sessionId}" already`);
  const session: SandboxSession = {
    id: sessionId,
    description,
    requirements,
    complexity,
    startedAtMs: now(),
    estimatedEndMs: now() + config.sandbox.estimatedMs,
    endedAtMs: null,
    tasks: PARTS[complexity].map(({ step, ...rest }) => taskOf(`${sessionId}-${step}`, rest)),
  };
  keep(session, context);
  try {
    await spawnAgents(context);
    await delegateAll(session, context);
  } catch (error) {
    forget(session, context);
    throw error;
  }
  return session;
}

function taskOf(id: string, facts: Omit<Part, 'step'>): SandboxTask {
  return { id, ...facts, state: 'pending', artifact: null, startedAtMs: null, endedAtMs: null };
}

function keep(session: SandboxSession, context: Context): void {
  const { state } = context;
  const oldest = state.sessions.size >= BOUNDS.sessionsMax ? state.sessions.values().next().value : undefined;
  if (oldest !== undefined) {
    forget(oldest, context);
    hit(state.limitsHit, 'sessionsMax');
  }
  setBounded(state.sessions, session.id, session, BOUNDS.sessionsMax);
  for (const { id } of session.tasks) state.sandboxTasks.set(id, session.id);
}

function forget({ id, tasks }: SandboxSession, { state }: Context): void {
  state.sessions.delete(id);
  for (const task of tasks) state.sandboxTasks.delete(task.id);
}

async function spawnAgents(context: Context): Promise<void> {
  const { kernel, state } = context;
  for (const [id, role] of Object.entries(AGENTS)) {
    const agent = await kernel.getAgent(id);
    if (agent !== null && agent.state !== 'stopped' && state.mocks.has(id)) continue;
    // Of its failures there are none but those that are simulated: the demonstration is the same every time.
    const behavior = { ...DEFAULT_BEHAVIOR, successRate: 1 };
    await spawnMock({ id, role, capabilities: [], behavior, attributes: {} }, answerOfSandbox, true, context);
  }
}

async function delegateAll(
  { id: sessionId, description, requirements, tasks }: SandboxSession,
  { kernel }: Context,
): Promise<void> {
  let previous: string | null = null;
  for (const { id, agentId, title, ...task } of tasks) {
    await kernel.delegateTask({
      id,
      type: 'sandbox',
      description: `${title}: ${task.description}`,
      input: { title, description, requirements },
      agentId,
      dependsOn: previous === null ? [] : [{ taskId: previous }],
      attributes: { sandbox: sessionId },
    });
    previous = id;
  }
}

const answerOfSandbox: Answer = async (task, _mock, context, signal) => {
  await wait(context.config.sandbox.taskMs, context, signal);
  const { title = task.type, description = '' } = (task.input ?? {}) as { title?: string; description?: string };
  const name = `${title} Result`;
  try {
    const answer = await callService('anthropic', 'messages', { prompt: `${title}: ${description}` }, context);
    return { artifact: { name, type: 'ai_response', content: textIn(answer) } };
  } catch (error) {
    context.log('warn', 'the mocked service failed; the sandbox goes on without it', {
      taskId: task.id,
      error: String(error),
    });
    return { artifact: { name, type: 'completion_notice', content: `${title} is done` } };
  }
};

function textIn(answer: unknown): string {
  const [first] = (answer as { content?: readonly { text?: unknown }[] } | null)?.content ?? [];
  return typeof first?.text === 'string' ? first.text : JSON.stringify(answer);
}

// ── how it goes ─────────────────────────────────────────────────────────────────────────────────────

type Move = Partial<Pick<SandboxTask, 'state' | 'artifact' | 'startedAtMs' | 'endedAtMs'>>;

/** Notes what became of a task, if it is one of the sandbox. */
export function sandboxMoved(taskId: string, move: Move, { state, now }: Context): void {
  const session = state.sessions.get(state.sandboxTasks.get(taskId) ?? '');
  const task = session?.tasks.find(({ id }) => id === taskId);
  if (session === undefined || task === undefined) return;
  Object.assign(task, move);
  if (session.tasks.every(({ endedAtMs }) => endedAtMs !== null)) session.endedAtMs = now();
}

export function artifactIn({ result }: HookEvents['on_task_completed']): SandboxTask['artifact'] {
  return (result as { artifact?: SandboxTask['artifact'] } | null)?.artifact ?? null;
}

/** `null`: there is no such session. */
export function sandboxStatusOf(sessionId: string, context: Context) {
  const session = context.state.sessions.get(sessionId);
  if (session === undefined) return null;
  const done = session.tasks.filter(({ state }) => state === 'completed').length;
  const isBroken = session.tasks.some(({ state }) => state === 'error');
  const isDone = done === session.tasks.length;
  return {
    ...session,
    state: isBroken ? ('error' as const) : isDone ? ('completed' as const) : ('running' as const),
    progress: Math.floor((100 * done) / session.tasks.length),
    mockServices: servicesOf(context).map(({ name }) => name),
  };
}
