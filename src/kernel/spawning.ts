import type { Agent, RuntimeSpec, SpawnRequest } from '../contract/agents.ts';
import { BanyanError, RetryLaterError } from '../contract/errors.ts';
import type { AgentSpawnEvent, HookName } from '../contract/hooks.ts';
import { type AgentRecord, type AgentSpec, agentView } from './agents.ts';
import { isKernelClosed } from './closed.ts';
import { type Core, countedAgents, hitLimit } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import { copyJson } from './json.ts';
import { checkSpawn } from './requests.ts';
import { failureOf, RunFailure } from './runtimes/runtime.ts';
import { storedRuntime } from './runtimes/specs.ts';
import { type Sessions, STOPPED } from './sessions.ts';

/** How agents come into the kernel. */
export class Spawning {
  readonly #core: Core;
  readonly #sessions: Sessions;
  readonly #dispatcher: Dispatcher;

  constructor(core: Core, sessions: Sessions, dispatcher: Dispatcher) {
    this.#core = core;
    this.#sessions = sessions;
    this.#dispatcher = dispatcher;
  }

  async spawn(request: SpawnRequest): Promise<Agent> {
    const askedAtMs = this.#core.clock.now();
    const asked = this.#specOf(checkSpawn(request));
    this.#mayCome(asked);
    const spec = await this.#pluginsSay(asked);
    // From here to the record nothing waits: the limit holds however many spawns are under way.
    this.#mayCome(spec);
    const agent = this.#core.roster.addAgent({ ...spec, order: ++this.#core.journal.counters.order });
    if (isFunction(request.runtime) && spec.runtime === asked.runtime) {
      this.#sessions.keepFunction(spec.id, request.runtime.run);
    }
    await this.#start(agent);
    const answer = agentView(agent);
    await this.#core.journal.durable();
    this.#measure(askedAtMs, answer);
    return answer;
  }

  #specOf(request: SpawnRequest): AgentSpec {
    const { settings, newId, clock } = this.#core;
    return {
      id: request.id ?? newId(),
      role: request.role,
      capabilities: Object.freeze([...new Set(request.capabilities)]),
      runtime: storedRuntime(request.runtime ?? 'manual', settings.runtimes),
      rehearsal: request.rehearsal ?? settings.rehearsal,
      priority: request.priority ?? 0,
      tasksMax: request.tasksMax ?? 1,
      group: request.group ?? null,
      restart: request.restart ?? settings.restart,
      startMs: request.deadlines?.startMs ?? settings.deadlines.startMs,
      heartbeatMs: request.deadlines?.heartbeatMs ?? settings.deadlines.heartbeatMs,
      attributes: this.#attributes(request.attributes),
      createdAtMs: clock.now(),
      order: 0,
    };
  }

  #attributes(given: unknown): AgentSpec['attributes'] {
    return (copyJson(given, 'attributes', this.#core.settings.jsonBytesMax) ??
      NO_ATTRIBUTES) as AgentSpec['attributes'];
  }

  /** @throws {BanyanError} STORE_FAILED, DUPLICATE_ID, AT_CAPACITY */
  #mayCome({ id }: AgentSpec): void {
    this.#core.journal.mustWork();
    if (this.#core.roster.agents.has(id)) {
      throw new BanyanError('DUPLICATE_ID', `there is an agent with the id "${id}" already`);
    }
    const { agentsMax } = this.#core.settings;
    const agents = countedAgents(this.#core);
    if (agents < agentsMax) return;
    hitLimit(this.#core, 'agentsMax');
    this.#core.plugins.observe('on_capacity_reached', { agents, agentsMax });
    throw new RetryLaterError(
      'AT_CAPACITY',
      `${agents} agents count against agentsMax, which is ${agentsMax}`,
      this.#core.pace.retryAfterMs(),
    );
  }

  async #pluginsSay(asked: AgentSpec): Promise<AgentSpec> {
    const { plugins } = this.#core;
    if (!ASKED.some((hook) => plugins.listens(hook))) return asked;
    const operation = plugins.begin();
    try {
      const event = await operation.transform('before_agent_spawn', spawnEvent(asked));
      await operation.guard('allow_agent_spawn', event);
      return this.#patched(asked, event);
    } finally {
      operation.end();
    }
  }

  #patched(asked: AgentSpec, event: AgentSpawnEvent): AgentSpec {
    const { runtime, attributes } = event;
    return {
      ...asked,
      role: event.role,
      capabilities: Object.freeze([...event.capabilities]),
      rehearsal: event.rehearsal,
      runtime: runtime === asked.runtime.name ? asked.runtime : storedRuntime(runtime, this.#core.settings.runtimes),
      attributes: attributes === asked.attributes ? attributes : this.#attributes(attributes),
    };
  }

  /** What a runtime starts outside must be known before: a process whose record was lost would be an orphan. */
  async #start(agent: AgentRecord): Promise<void> {
    const { journal, roster } = this.#core;
    try {
      if (this.#sessions.specOf(agent)?.kind === 'process') await journal.durable();
      if (agent.status.state !== 'starting') throw new RunFailure(STOPPED);
      const starting = this.#sessions.start(agent);
      if (starting !== undefined) await starting;
    } catch (error) {
      return this.#gone(agent, error);
    }
    if (agent.status.state !== 'starting') return this.#gone(agent, new RunFailure(STOPPED));
    roster.moveAgent(agent, { move: 'ready' });
    this.#dispatcher.freed(agent);
  }

  /** One that never worked is not supervised: its spawner is told. */
  async #gone(agent: AgentRecord, error: unknown): Promise<never> {
    const { roster, journal } = this.#core;
    const failure = failureOf(error);
    if (agent.status.state === 'starting') {
      roster.moveAgent(agent, { move: 'failed', error: failure });
      roster.moveAgent(agent, { move: 'stopping', reason: failure.code });
      roster.moveAgent(agent, { move: 'stopped', reason: failure.code });
      this.#sessions.forget(agent);
    }
    await journal.durable();
    if (isKernelClosed(error)) throw error;
    throw new BanyanError('AGENT_FAILED', `agent ${agent.spec.id} did not start: ${failure.message}`, { cause: error });
  }

  #measure(askedAtMs: number, agent: Agent): void {
    const { clock, plugins } = this.#core;
    if (!plugins.listens('on_performance_metric')) return;
    const atMs = clock.now();
    const value = atMs - askedAtMs;
    plugins.observe('on_performance_metric', {
      name: 'spawn_ms',
      value,
      unit: 'ms',
      agentId: agent.id,
      taskId: null,
      atMs,
    });
  }
}

const ASKED = ['before_agent_spawn', 'allow_agent_spawn'] as const satisfies readonly HookName[];
const NO_ATTRIBUTES = Object.freeze({});

function isFunction(runtime: SpawnRequest['runtime']): runtime is Extract<RuntimeSpec, { kind: 'function' }> {
  return typeof runtime === 'object' && runtime.kind === 'function';
}

function spawnEvent(spec: AgentSpec): AgentSpawnEvent {
  const { id: agentId, role, capabilities, rehearsal, attributes } = spec;
  return { agentId, role, capabilities, runtime: spec.runtime.name, rehearsal, attributes };
}
