import type { AgentFunction, FunctionRun, RuntimeSpec } from '../contract/agents.ts';
import { BanyanError } from '../contract/errors.ts';
import type { Failure, Task, TaskRequest } from '../contract/tasks.ts';
import { type AgentRecord, agentView } from './agents.ts';
import { isKernelClosed, kernelClosed } from './closed.ts';
import { type Core, hitLimit } from './core.ts';
import { failure } from './endings.ts';
import { performedBy, startSession } from './runtimes/registry.ts';
import { type Attempt, failureOf, RunFailure, type Session, type SessionHost } from './runtimes/runtime.ts';
import { runtimeSpec } from './runtimes/specs.ts';

export type SessionEvents = {
  /** It ended by itself; `null`: as it should. */
  readonly ended: (agent: AgentRecord, failure: Failure | null) => void;
  readonly heartbeat: (agent: AgentRecord) => void;
  /** `mustGoOn`: throws once the attempt that delegates is over. */
  readonly delegate: (request: TaskRequest, mustGoOn: () => void) => Promise<Task>;
  readonly waitFor: (taskId: string, signal: AbortSignal) => Promise<Task>;
};

/**
 * Gives a session up that is not there yet: who waits for it is told why, and what comes of it nevertheless is
 * stopped. Resolves when nothing of it is left.
 */
type GiveUp = (why: Error) => Promise<void>;

/** The runtimes of the agents: each has one session while it lives. */
export class Sessions {
  readonly #core: Core;
  readonly #on: SessionEvents;
  /** Functions given with a spawn, by agent: they have no name that a restart of the host could find. */
  readonly #functions = new Map<string, AgentFunction>();
  /** The latest session of each agent; what an earlier one still says is not heard. */
  readonly #latest = new Map<string, symbol>();
  /** Those under way, by agent. */
  readonly #starts = new Map<string, GiveUp>();
  /** The ends under way. */
  readonly #stops = new Set<Promise<void>>();
  #isClosed = false;

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

  /**
   * Starts an agent's session; synchronous where its runtime is. Throws or rejects with a `RunFailure`, or with
   * KERNEL_CLOSED.
   */
  start(agent: AgentRecord): void | Promise<void> {
    if (this.#isClosed) throw kernelClosed();
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
    if (session instanceof Promise) return this.#started(agent, session, controller);
    this.#core.sessions.set(agent.spec.id, session);
  }

  /** Resolves when nothing of it is left, of a start under way neither. */
  stop(agent: AgentRecord): Promise<void> {
    return this.#stop(agent.spec.id, new RunFailure(STOPPED));
  }

  forget(agent: AgentRecord): void {
    this.#functions.delete(agent.spec.id);
  }

  /** No session begins any more. Resolves when nothing is left of those there were. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ids = [...this.#core.sessions.keys(), ...this.#starts.keys()];
    const ends = await Promise.allSettled([...ids.map((id) => this.#stop(id, kernelClosed())), ...this.#stops]);
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  async #stop(id: string, why: Error): Promise<void> {
    const session = this.#core.sessions.get(id);
    const giveUp = this.#starts.get(id);
    this.#core.sessions.delete(id);
    this.#starts.delete(id);
    this.#latest.delete(id);
    const stopping = session?.stop(this.#core.settings.deadlines.killMs);
    await Promise.all([stopping && this.#ending(stopping), giveUp?.(why)]);
  }

  /** What the end of the kernel waits for. */
  #ending(stopping: Promise<void>): Promise<void> {
    const ended = stopping.finally(() => this.#stops.delete(ended));
    this.#stops.add(ended);
    return ended;
  }

  async #started(agent: AgentRecord, starting: Promise<Session>, controller: AbortController): Promise<void> {
    const { id, startMs } = agent.spec;
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const adopt = (session: Session) => {
      // Nobody else stops one that comes after it was given up.
      if (controller.signal.aborted) return session.stop(0);
      this.#core.sessions.set(id, session);
    };
    const over = starting.then(adopt, () => undefined);
    const giveUp = (why: Error) => {
      reject(why);
      controller.abort(why);
      return this.#ending(over);
    };
    this.#starts.set(id, giveUp);
    const alarm = this.#core.deadlines.in(startMs, () => void giveUp(new RunFailure(failure('start_deadline'))));
    try {
      await Promise.race([starting.then(() => over), givenUp]);
    } catch (error) {
      throw startFailed(error);
    } finally {
      this.#core.deadlines.cancel(alarm);
      if (this.#starts.get(id) === giveUp) this.#starts.delete(id);
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
    const mustGoOn = () => {
      if (!attempt.signal.aborted) return;
      throw new BanyanError('STALE_TOKEN', `attempt ${attempt.token} of task ${task.id} is over: it has no children`);
    };
    return {
      get signal() {
        return attempt.signal;
      },
      token: attempt.token,
      agent: agentView(agent),
      delegate: async (request) => {
        this.#core.journal.mustBeOpen();
        mustGoOn();
        return this.#on.delegate({ ...request, parentId: task.id }, mustGoOn);
      },
      waitFor: (taskId) => this.#on.waitFor(taskId, attempt.signal),
      heartbeat: () => this.#on.heartbeat(agent),
    };
  }
}

/** Of a start that somebody's shutdown ended. */
export const STOPPED: Failure = { code: 'start_failed', message: 'it was stopped while it started', retryable: true };

function startFailed(error: unknown): Error {
  if (error instanceof RunFailure || isKernelClosed(error)) return error;
  return new RunFailure({ ...failureOf(error), code: 'start_failed' });
}
