import { BanyanError } from '../../contract/errors.ts';
import { addBounded, hit } from '../parts/bounded.ts';
import { allDone, messageOf, runSteps, type Step } from '../parts/steps.ts';
import { ABORTED, pass } from './debugger.ts';
import { liveOf } from './live.ts';
import { facts, nowOf, RUN, type Run } from './scenario-steps.ts';
import { type Scenario, type ScenarioResult, type ScenarioStep, scenario as scenarioSchema } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** Those that come with the plugin. */
const BUILT_IN: readonly Scenario[] = [
  scenarioSchema.parse({
    id: 'basic_task_delegation',
    says: 'one agent does one task',
    steps: [
      {
        do: 'mock_agent',
        as: 'worker',
        role: 'worker',
        capabilities: ['task_execution'],
        behavior: { successRate: 1 },
      },
      { do: 'delegate', as: 'task', type: 'basic', capabilities: ['task_execution'], agent: 'worker' },
      { do: 'await', tasks: ['task'] },
      { do: 'expect_time', atMostMs: 5_000 },
    ],
  }),
  scenarioSchema.parse({
    id: 'multi_agent_coordination',
    says: 'two workers build on what a coordinator did',
    steps: [
      {
        do: 'mock_agent',
        as: 'coordinator',
        role: 'coordinator',
        capabilities: ['coordination'],
        behavior: { successRate: 1 },
      },
      { do: 'mock_agent', as: 'one', role: 'worker', capabilities: ['task_execution'], behavior: { successRate: 1 } },
      { do: 'mock_agent', as: 'other', role: 'worker', capabilities: ['task_execution'], behavior: { successRate: 1 } },
      { do: 'delegate', as: 'plan', type: 'plan', capabilities: ['coordination'], agent: 'coordinator' },
      { do: 'delegate', as: 'left', type: 'work', agent: 'one', dependsOn: ['plan'] },
      { do: 'delegate', as: 'right', type: 'work', agent: 'other', dependsOn: ['plan'] },
      { do: 'await', tasks: ['plan', 'left', 'right'] },
      { do: 'expect_agents', tasks: ['plan', 'left', 'right'], atLeast: 3 },
    ],
  }),
];

export function scenariosOf({ state }: Context): Scenario[] {
  const own = BUILT_IN.filter(({ id }) => !state.scenarios.has(id));
  return [...own, ...state.scenarios.values()];
}

/** Adds a scenario, or replaces the one with its id. @throws {BanyanError} OVERLOADED */
export function addScenario(added: Scenario, { state }: Context): void {
  if (!state.scenarios.has(added.id) && state.scenarios.size >= BOUNDS.scenariosMax) {
    hit(state.limitsHit, 'scenariosMax');
    throw new BanyanError('OVERLOADED', `there are ${BOUNDS.scenariosMax} scenarios already`);
  }
  state.scenarios.set(added.id, added);
}

/**
 * Takes its steps one after the other. A step that fails ends it: that is an answer. An unknown scenario, and
 * one while another runs, are errors (BAD_INPUT, OVERLOADED).
 */
export async function runScenario(id: string, context: Context): Promise<ScenarioResult> {
  const found = scenariosOf(context).find((one) => one.id === id);
  if (found === undefined) {
    const known = scenariosOf(context).map((one) => one.id);
    throw new BanyanError('BAD_INPUT', `there is no scenario "${id}"; known are ${known.join(', ')}`);
  }
  const live = liveOf(context);
  if (live.scenario !== null)
    throw new BanyanError('OVERLOADED', `scenario "${live.scenario}" runs already; wait for it`);
  live.scenario = id;
  try {
    return await run(found, context);
  } finally {
    live.scenario = null;
  }
}

async function run(scenario: Scenario, context: Context): Promise<ScenarioResult> {
  const { now, config, state } = context;
  const timeoutMs = scenario.timeoutMs ?? config.scenarioTimeoutMs;
  const startedAtMs = now();
  const ran = facts(context, startedAtMs, startedAtMs + timeoutMs);
  const steps = await runSteps(
    scenario.steps.map((step) => stepOf(scenario.id, step)),
    ran,
    { now: () => nowOf(ran), timeoutMs },
  );
  const tasks = await tasksOf(ran);
  if (scenario.cleanup) await cleanUp(ran);
  const success = allDone(steps);
  const result = {
    scenario: scenario.id,
    success,
    startedAtMs,
    tookMs: nowOf(ran) - startedAtMs,
    steps: [...steps],
    tasks,
  };
  hit(state.limitsHit, 'resultsMax', addBounded(state.results, result, BOUNDS.resultsMax));
  return result;
}

function stepOf(scenario: string, step: ScenarioStep): Step<Run> {
  return {
    name: step.do,
    says: saysOf(step),
    needed: true,
    async run(ran) {
      const held = pass(
        { place: 'scenario_step', taskId: null, agentId: null, type: scenario, role: null },
        ran.context.config.runHoldMs,
        ran.context,
      );
      if (held !== null) {
        const heldAtMs = ran.context.now();
        const how = await held;
        ran.heldMs += ran.context.now() - heldAtMs;
        if (how === 'abort') throw new Error(ABORTED);
      }
      return RUN[step.do](step as never, ran);
    },
  };
}

function saysOf(step: ScenarioStep): string {
  const { do: what, ...rest } = step;
  return `${what} ${JSON.stringify(rest)}`.slice(0, 300);
}

async function tasksOf({ tasks, context }: Run): Promise<ScenarioResult['tasks']> {
  const found = [...tasks].map(async ([as, id]) => {
    const task = await context.kernel.getTask(id);
    return { as, id, state: task?.state ?? 'unknown', agentId: task?.agentId ?? null };
  });
  return Promise.all(found);
}

/** Nothing of it stays. What cannot be taken away is told of, and is no failure of the scenario. */
async function cleanUp({ agents, tasks, context }: Run): Promise<void> {
  const { kernel, log } = context;
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      log('warn', `a scenario left ${what} behind`, { error: messageOf(error) });
    }
  };
  for (const id of tasks.values()) {
    const task = await kernel.getTask(id);
    if (task !== null && task.finishedAtMs === null)
      await attempt(`task ${id}`, () => kernel.cancelTask(id, 'its scenario is over'));
  }
  for (const id of agents.values()) {
    const agent = await kernel.getAgent(id);
    if (agent !== null && agent.state !== 'stopped') {
      await attempt(`agent ${id}`, () => kernel.shutdownAgent(id, { graceful: false, reason: 'its scenario is over' }));
    }
  }
}
