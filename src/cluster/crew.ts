import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { BanyanError } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import type { Counters } from '../gateway/counters.ts';
import type { MovedQuestion } from '../gateway/type-shadow.ts';
import { announcePolicy, configureAll, type Replace } from './agreement.ts';
import type { Deadlines } from './deadlines.ts';
import type { Settings, ToWorker } from './messages.ts';
import { Replacements } from './replacements.ts';
import type { SentConfig } from './sent-config.ts';
import { type Child, type WorkerEvents, WorkerProcess } from './worker-process.ts';

export type CrewOptions = {
  /** Starts the program of a worker. */
  readonly fork: () => Child;
  /** How many shall serve. */
  readonly size: number;
  /** For a worker that starts now. */
  readonly settings: () => Settings;
  readonly events: Omit<WorkerEvents, 'ended' | 'moved'>;
  readonly onServing: () => void;
  readonly onEnded: (worker: WorkerProcess, untaken: readonly Socket[]) => void;
  /** A worker lives, and these that it was handed did not reach it. */
  readonly onLost: (sockets: readonly Socket[]) => void;
  readonly deadlines: Deadlines;
  readonly counters: Counters;
  readonly logger: Logger;
};

/** How often the workers are looked after. */
const WATCH_MS = 1000;

/** The workers: so many serve, whatever becomes of each. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #workers = new Set<WorkerProcess>();
  #lastNumber = 0;
  #ending = false;
  /** Workers that start as soon as no config is under way. */
  #coming = 0;
  #restarts = 0;
  #lastAttempt = 0;
  #configuring: Promise<unknown> = Promise.resolve();
  #rolling = false;
  readonly #replacements: Replacements;
  readonly #watch: NodeJS.Timeout;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#replacements = new Replacements({ missing: () => this.#missing(), start: () => this.#startMissing() });
    this.#watch = setInterval(() => this.#lookAfter(), WATCH_MS);
    this.#watch.unref();
  }

  get all(): readonly WorkerProcess[] {
    return [...this.#workers];
  }

  get serving(): readonly WorkerProcess[] {
    return this.all.filter(({ state }) => state === 'serving');
  }

  /** Whether so many workers were replaced within a minute that the next must wait. */
  get held(): boolean {
    return this.#replacements.held;
  }

  /** Workers that were started because another died. */
  get restarts(): number {
    return this.#restarts;
  }

  get rolling(): boolean {
    return this.#rolling;
  }

  /** Resolves when all of them serve. @throws BanyanError when one cannot */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.size }, () => this.#startOne()));
  }

  tell(message: ToWorker): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  /** Resolves when every call that begins in any worker is decided by this policy. */
  announce(policy: Policy): Promise<void> {
    return announcePolicy(this.all, policy, { deadlines: this.#options.deadlines, replace: this.#replace });
  }

  /**
   * Puts a config in force in all of them, or in none. One at a time, and no worker starts meanwhile.
   * @throws BanyanError why one could not take it
   */
  configure<T>(configured: SentConfig, commit: () => T): Promise<T> {
    const lives = (worker: WorkerProcess) => this.#workers.has(worker) && worker.state !== 'leaving';
    this.#lastAttempt += 1;
    const attempt = this.#lastAttempt;
    const done = this.#configuring.then(() =>
      configureAll(this.all, configured, {
        attempt,
        commit,
        lives,
        deadlines: this.#options.deadlines,
        replace: this.#replace,
      }),
    );
    this.#configuring = done.catch(() => undefined); // whoever asked hears of it
    return done;
  }

  /** Resolves when all that was counted until now has been heard; a worker that hangs is not waited for. */
  async count(): Promise<void> {
    const asked = this.all.filter(({ state }) => state !== 'starting');
    await Promise.allSettled(asked.map((worker) => worker.ask({ kind: 'count' }, this.#options.deadlines.countMs)));
  }

  /**
   * Replaces the workers one by one: a new one serves before the one it replaces is given nothing more.
   * @throws BanyanError RESTARTING when that is under way; RESTART_FAILED when a new one cannot start: the rest stays;
   * RESTART_FAILED, too, when the gateway stops before all have been replaced
   */
  async restart(drainMs: number): Promise<{ readonly replaced: number }> {
    if (this.#rolling) throw new BanyanError('RESTARTING', 'the workers are being replaced already');
    this.#rolling = true;
    const replaceable = this.serving;
    let replaced = 0;
    const refuseWhenEnding = () => {
      if (!this.#ending) return;
      const done = `${replaced} of ${replaceable.length} workers had been replaced`;
      throw new BanyanError('RESTART_FAILED', `the gateway stops; ${done}`);
    };
    try {
      for (const worker of replaceable) {
        refuseWhenEnding();
        if (!this.#serves(worker)) continue; // it died, and what took its place is new
        await this.#startSuccessor();
        refuseWhenEnding();
        if (!this.#serves(worker)) continue;
        worker.leave('retire');
        this.#replacements.look(); // another may have died while its successor stood in for that one
        await this.#endWithin(worker, drainMs);
        replaced += 1;
      }
    } finally {
      this.#rolling = false;
      this.#replacements.look();
    }
    return { replaced };
  }

  #serves(worker: WorkerProcess): boolean {
    return worker.state === 'serving' && this.#workers.has(worker);
  }

  async #startSuccessor(): Promise<void> {
    try {
      await this.#startOne();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new BanyanError('RESTART_FAILED', `a new worker could not start: ${reason}`, { cause: error });
    }
  }

  /** Ends all of them: each within `drainMs`, or it is killed. */
  async close(drainMs: number): Promise<void> {
    this.#ending = true;
    this.#replacements.stop();
    for (const worker of this.#workers) worker.leave('close');
    await Promise.all(this.all.map((worker) => this.#endWithin(worker, drainMs)));
    clearInterval(this.#watch);
  }

  killAll(): void {
    this.#ending = true;
    this.#replacements.stop();
    clearInterval(this.#watch);
    for (const worker of this.#workers) worker.kill();
  }

  async #endWithin(worker: WorkerProcess, drainMs: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#options.logger.warn({ pid: worker.pid }, 'a worker did not end in time and is killed');
      worker.kill();
    }, drainMs + this.#options.deadlines.endGraceMs);
    await worker.ended;
    clearTimeout(timer);
  }

  /** @throws BanyanError */
  async #startOne(): Promise<void> {
    this.#coming += 1;
    await this.#configured();
    this.#coming -= 1;
    if (this.#ending) throw new BanyanError('OVERLOADED', 'the gateway stops');
    const { fork, settings, deadlines, events, onServing, logger } = this.#options;
    this.#lastNumber += 1;
    const worker = new WorkerProcess(fork(), this.#lastNumber, {
      ...events,
      moved: this.#movedElsewhere,
      ended: this.#ended,
    });
    this.#workers.add(worker);
    try {
      await worker.start(settings(), deadlines.startMs);
    } catch (error) {
      await worker.ended;
      throw error;
    }
    logger.info({ pid: worker.pid, worker: worker.number }, 'a worker serves');
    onServing();
  }

  /** A worker that hangs may have had any write under way. */
  readonly #movedElsewhere = async (asking: WorkerProcess, question: MovedQuestion): Promise<boolean> => {
    const others = this.all.filter((worker) => worker !== asking && worker.state !== 'starting');
    const moved = others.map((worker) =>
      worker.ask({ kind: 'moved', question }, this.#options.deadlines.movedMs).then(
        (answer) => answer.moved !== false,
        () => true,
      ),
    );
    return (await Promise.all(moved)).includes(true);
  };

  /** A worker that started in the midst of another config would miss it. */
  async #configured(): Promise<void> {
    for (let seen: unknown = null; seen !== this.#configuring; ) {
      seen = this.#configuring;
      await seen;
    }
  }

  readonly #ended = (worker: WorkerProcess, untaken: readonly Socket[]): void => {
    this.#workers.delete(worker);
    const served = worker.state === 'serving';
    this.#options.onEnded(worker, untaken);
    if (served && !this.#ending) this.#died(worker);
  };

  #died(worker: WorkerProcess): void {
    this.#options.counters.add('workers_died');
    this.#startAgain(worker.ranMs);
  }

  #startAgain(ranMs: number): void {
    this.#replacements.died(ranMs);
    this.#options.logger.error({ serving: this.serving.length, held: this.held }, 'a worker died and is replaced');
  }

  /** Also while they are replaced one by one: a successor counts as soon as it starts, one that leaves no longer. */
  #missing(): number {
    if (this.#ending) return 0;
    return this.#options.size - this.#coming - this.all.filter(({ state }) => state !== 'leaving').length;
  }

  #startMissing(): void {
    this.#restarts += 1;
    this.#startOne().catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a worker could not be started');
      if (!this.#ending) this.#startAgain(0);
    });
  }

  #lookAfter(): void {
    const { silentMs } = this.#options.deadlines;
    for (const worker of this.all) {
      if (worker.state === 'starting') continue; // that has a deadline of its own
      if (worker.silentMs > silentMs) void this.#replace(worker, 'hangs');
      else void this.#recallLost(worker);
    }
  }

  async #recallLost(worker: WorkerProcess): Promise<void> {
    const { takeMs, countMs } = this.#options.deadlines;
    const lost = await worker.recallLost(takeMs, countMs);
    if (lost.length === 0) return;
    this.#options.logger.error({ pid: worker.pid, connections: lost.length }, 'connections did not reach their worker');
    this.#options.onLost(lost);
  }

  readonly #replace: Replace = async (worker, why) => {
    if (!this.#workers.has(worker)) return; // it died by itself
    const wasServing = worker.state === 'serving';
    if (!worker.killed) {
      this.#options.counters.add('workers_late');
      this.#options.logger.error({ pid: worker.pid }, `a worker ${why} and is replaced`);
      worker.kill();
    }
    await worker.ended;
    if (wasServing && !this.#ending) this.#startAgain(worker.ranMs);
  };
}
