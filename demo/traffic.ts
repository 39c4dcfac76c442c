import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** What the clients saw, since the beginning. */
export type Seen = {
  /** Calls that were sent. */
  readonly calls: number;
  /** Answered with anything but a result, or the service's ordinary way to say no. */
  readonly failed: number;
  /** Not answered, or not wholly. */
  readonly lost: number;
};

export type RpcAnswer = {
  readonly status: number;
  readonly body: { readonly result?: unknown; readonly error?: unknown };
};

const CALLERS = 40;
/** Between two calls of a caller; 40 callers make some 500 calls a second. */
const THINK_MS = 60;
const ROLES = ['backend_developer', 'frontend_developer', 'devops_engineer', 'qa_engineer'];

/** An answer, or the service's ordinary way to say no (no free agent). */
const ORDINARY = new Set([200, 409]);

/** Callers of the legacy API who know nothing of a migration. Each spawns an agent, gives it work, looks, ends it. */
export class Traffic {
  readonly #pool: Pool;
  readonly #counts = { calls: 0, failed: 0, lost: 0 };
  readonly #callers: Promise<void>[] = [];
  readonly #sessionsEnded: number[] = Array.from({ length: CALLERS }, () => 0);
  #going = true;
  /** Set while the callers rest. */
  #resting: Promise<void> | null = null;
  #underWay = 0;

  constructor(dataUrl: string) {
    this.#pool = new Pool(dataUrl, { connections: CALLERS });
  }

  get seen(): Seen {
    return { ...this.#counts };
  }

  start(): void {
    for (let n = 0; n < CALLERS; n += 1) this.#callers.push(this.#sessions(n));
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#callers);
    await this.#pool.close();
  }

  /** Resolves when so many more calls have been made. */
  async moreCalls(count: number): Promise<void> {
    const target = this.#counts.calls + count;
    while (this.#counts.calls < target) await sleep(20);
  }

  /** Resolves when every caller has ended the session it was in, and one more. */
  async eachSessionAnew(): Promise<void> {
    const targets = this.#sessionsEnded.map((ended) => ended + 2);
    while (this.#sessionsEnded.some((ended, n) => ended < (targets[n] ?? 0))) await sleep(20);
  }

  /** Runs `task` while the callers rest: what was under way has ended, and nothing new begins. */
  async lull<T>(task: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resting = promise;
    try {
      while (this.#underWay > 0) await sleep(5);
      return await task();
    } finally {
      this.#resting = null;
      resolve();
    }
  }

  /** One call as a caller; `null` when it was lost. Every call is counted. */
  async call(caller: string, operation: string, args: object): Promise<RpcAnswer | null> {
    this.#counts.calls += 1;
    try {
      const { statusCode, body } = await this.#pool.request({
        method: 'POST',
        path: `/simple_orchestrator/${operation}`,
        headers: { 'content-type': 'application/json', 'x-caller-id': caller },
        body: JSON.stringify(args),
      });
      const answer = { status: statusCode, body: (await body.json()) as RpcAnswer['body'] };
      if (!ORDINARY.has(statusCode)) this.#counts.failed += 1;
      return answer;
    } catch {
      this.#counts.lost += 1;
      return null;
    }
  }

  async #sessions(n: number): Promise<void> {
    const caller = `caller-${n}`;
    const role = ROLES[n % ROLES.length] ?? '';
    for (; this.#going; this.#sessionsEnded[n] = (this.#sessionsEnded[n] ?? 0) + 1) {
      const spawned = await this.#pause(this.call(caller, 'spawn_agent', { role }));
      const agent_id = spawned?.body.result;
      if (typeof agent_id !== 'string') continue;
      const task = { task_description: `work of ${caller}`, task_type: 'demo', preferred_agent_role: role };
      await this.#pause(this.call(caller, 'delegate_task', task));
      await this.#pause(this.call(caller, 'get_system_status', {}));
      await this.#pause(this.call(caller, 'shutdown_agent', { agent_id, graceful: false }));
    }
  }

  /** A call, then a moment to think; a caller that rests begins no other call. */
  async #pause<T>(answer: Promise<T>): Promise<T> {
    this.#underWay += 1;
    const value = await answer.finally(() => {
      this.#underWay -= 1;
    });
    await sleep(THINK_MS * (0.5 + Math.random()));
    await this.#resting;
    return value;
  }
}
