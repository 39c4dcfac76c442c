import type { AgentFunction, FunctionRun, RuntimeSpec } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Failure, Task, TaskRequest } from '../contract/tasks.ts';
import { type AgentRecord, agentView } from './agents.ts';
import { type Core, hitLimit } from './core.ts';
import { failure } from './endings.ts';
import { performedBy, startSession } from './runtimes/registry.ts';
import { type Attempt, failureOf, RunFailure, type Session, type SessionHost } from './runtimes/runtime.ts';
import { runtimeSpec } from './runtimes/specs.ts';

export type SessionEvents = {
  /** It ended by itself; `null`: as it should. */
  readonly ended: (agent: AgentRecord, failure: Failure | null) => void;
  readonly heartbeat: (agent: AgentRecord) => void;
  readonly delegate: (request: TaskRequest) => Promise<Task>;
  readonly waitFor: (taskId: string, signal: AbortSignal) => Promise<Task>;
};

/** The runtimes of the agents: each has one session while it lives. */
export class Sessions {
  readonly #core: Core;
  readonly #on: SessionEvents;
  /** Functions given with a spawn, by agent: they have no name that a restart of the host could find. */
  readonly #functions = new Map<string, AgentFunction>();
  /** The latest session of each agent; what an earlier one still says is not heard. */
  readonly #latest = new Map<string, symbol>();

  constructor(core: Core, on: SessionEvents) {
    this.#core = core;
    this.#on = on;
  }

  keepFunction(agentId: string, run: AgentFunction): void {
    this.#functions.set(agentId, run);
  }

  /** What an agent really runs on. `null`: a function that is lost. */
  specOf(agent: AgentRecord): RuntimeSpec | null {
    const given = this.#functions.get(agent.spec.id);
    const named = runtimeSpec(agent.spec.runtime, this.#core.settings.runtimes);
    const spec = given === undefined ? named : ({ kind: 'function', run: given } as const);
    return spec === null ? null : performedBy(spec, agent.spec.rehearsal);
  }

  /** Starts an agent's session; synchronous where its runtime is. Throws or rejects with a `RunFailure`. */
  start(agent: AgentRecord): void | Promise<void> {
    const spec = this.specOf(agent);
    if (spec === null) throw new RunFailure(failure('not_restorable'));
    const mark = Symbol(agent.spec.id);
    this.#latest.set(agent.spec.id, mark);
    const controller = new AbortController();
    let session: Session | Promise<Session>;
    try {
      session = startSession(spec, agentView(agent), this.#hostFor(agent, mark), controller.signal);
    } catch (error) {
      throw startFailed(error);
    }
    if (session instanceof Promise) return this.#started(agent, mark, session, controller);
    this.#core.sessions.set(agent.spec.id, session);
  }

  /** Resolves when nothing of it is left. */
  async stop(agent: AgentRecord): Promise<void> {
    const { id } = agent.spec;
    const session = this.#core.sessions.get(id);
    this.#core.sessions.delete(id);
    this.#latest.delete(id);
    await session?.stop(this.#core.settings.deadlines.killMs);
  }

  forget(agent: AgentRecord): void {
    this.#functions.delete(agent.spec.id);
  }

  async close(): Promise<void> {
    const sessions = [...this.#core.sessions.values()];
    this.#core.sessions.clear();
    this.#latest.clear();
    await Promise.all(sessions.map((session) => session.stop(this.#core.settings.deadlines.killMs)));
  }

  async #started(agent: AgentRecord, mark: symbol, starting: Promise<Session>, controller: AbortController) {
    const session = await this.#inTime(agent, starting, controller);
    if (this.#latest.get(agent.spec.id) === mark) this.#core.sessions.set(agent.spec.id, session);
    else await session.stop(0);
  }

  /** A session that comes after its deadline is stopped: nobody would. */
  async #inTime(agent: AgentRecord, starting: Promise<Session>, controller: AbortController): Promise<Session> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const alarm = this.#core.deadlines.in(agent.spec.startMs, () => {
      reject(new RunFailure(failure('start_deadline')));
      controller.abort();
      starting.then(
        (session) => session.stop(0),
        () => undefined,
      );
    });
    try {
      return await Promise.race([starting, late]);
    } catch (error) {
      throw startFailed(error);
    } finally {
      this.#core.deadlines.cancel(alarm);
    }
  }

  #hostFor(agent: AgentRecord, mark: symbol): SessionHost {
    const { clock, settings } = this.#core;
    const isCurrent = () => this.#latest.get(agent.spec.id) === mark;
    return {
      clock,
      killMs: settings.deadlines.killMs,
      resultBytesMax: settings.jsonBytesMax,
      limitHit: (name) => hitLimit(this.#core, name),
      ended: (why) => isCurrent() && this.#on.ended(agent, why),
      heartbeat: () => isCurrent() && this.#on.heartbeat(agent),
      rehearse: settings.rehearse,
      functionRun: (task, attempt) => this.#functionRun(agent, task, attempt),
    };
  }

  #functionRun(agent: AgentRecord, task: Task, attempt: Attempt): FunctionRun {
    return {
      get signal() {
        return attempt.signal;
      },
      token: attempt.token,
      agent: agentView(agent),
      delegate: async (request) => {
        if (attempt.signal.aborted) {
          throw new BanyanError(
            'STALE_TOKEN',
            `attempt ${attempt.token} of task ${task.id} is over: it has no children`,
          );
        }
        return this.#on.delegate({ ...request, parentId: task.id });
      },
      waitFor: (taskId) => this.#on.waitFor(taskId, attempt.signal),
      heartbeat: () => this.#on.heartbeat(agent),
    };
  }
}

function startFailed(error: unknown): RunFailure {
  if (error instanceof RunFailure) return error;
  return new RunFailure({ ...failureOf(error), code: 'start_failed' });
}
