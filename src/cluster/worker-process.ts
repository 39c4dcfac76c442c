import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { BanyanError } from '../contract/errors.ts';
import type { MovedQuestion } from '../gateway/type-shadow.ts';
import type { EntityChange } from '../store/store.ts';
import type { Answer, Counted, Evidence, FromWorker, Question, Refusal, Settings, ToWorker } from './messages.ts';
import { Questions } from './questions.ts';

/** What the supervisor wants to hear of a worker. */
export type WorkerEvents = {
  readonly record: (changes: readonly EntityChange[]) => Promise<readonly (Refusal | null)[]>;
  readonly moved: (asking: WorkerProcess, question: MovedQuestion) => Promise<boolean>;
  readonly evidence: (evidence: readonly Evidence[]) => void;
  readonly counted: (worker: WorkerProcess, counted: Counted) => void;
  /** It is gone, with these connections, of which it had read nothing. */
  readonly ended: (worker: WorkerProcess, untaken: readonly Socket[]) => void;
};

export type WorkerState = 'starting' | 'serving' | 'leaving';

/** A process with a channel. */
export type Child = Pick<ChildProcess, 'pid' | 'connected' | 'send' | 'kill' | 'on'>;

/** A worker, from the supervisor's side. */
export class WorkerProcess {
  readonly number: number;
  /** Epoch milliseconds. */
  readonly startedAtMs = Date.now();
  /** Resolves with the exit code, or the signal, when it is gone and all it had said has been heard. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: Child;
  readonly #events: WorkerEvents;
  readonly #questions = new Questions();
  /** Handed over and not yet taken, by number: kept open here until then. */
  readonly #handed = new Map<number, { readonly socket: Socket; readonly atMs: number }>();
  readonly #bornMs = performance.now();
  #heardMs = performance.now();
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #recalling = false;
  #lastConnection = 0;
  #taken = 0;
  #state: WorkerState = 'starting';
  #killed = false;

  constructor(child: Child, number: number, events: WorkerEvents) {
    this.number = number;
    this.#events = events;
    this.#child = child;
    this.#child.on('message', (message: FromWorker) => this.#heard(message));
    // Sending to a worker that has just died fails; `close` follows and says so to all.
    this.#child.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      // `close`, not `exit`: what the worker said last comes before it.
      this.#child.on('close', (code, signal) => {
        this.#questions.end(new BanyanError('OVERLOADED', `worker ${this.number} has ended`));
        events.ended(this, this.#takeBack([...this.#handed.keys()]));
        resolve(code ?? signal);
      });
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get ranMs(): number {
    return performance.now() - this.#bornMs;
  }

  /** Since it last said something; a worker tells its counts every second. */
  get silentMs(): number {
    return performance.now() - this.#heardMs;
  }

  /** Since a connection that it was handed was found not to have reached it. */
  get lostMs(): number {
    return performance.now() - this.#lostAtMs;
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether it was told to end at once, which takes a moment. */
  get killed(): boolean {
    return this.#killed;
  }

  /** Those it serves, and those on their way to it. */
  get connections(): number {
    return this.#taken + this.#handed.size;
  }

  /** @throws BanyanError when it cannot serve */
  async start(settings: Settings, withinMs: number): Promise<void> {
    try {
      await this.ask({ kind: 'start', settings }, withinMs);
    } catch (error) {
      this.kill(); // what else it says is of no use
      throw error;
    }
    if (this.#state === 'starting') this.#state = 'serving';
  }

  /** @throws BanyanError what it gave; OVERLOADED when it does not answer in time, or has ended */
  ask(question: Question, withinMs: number): Promise<Answer> {
    return this.#questions.ask((number) => this.tell({ ...question, number }), withinMs);
  }

  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message);
  }

  /** Gives it a connection to serve. If it dies before it took it, `ended` gives it back. */
  give(socket: Socket): void {
    this.#lastConnection += 1;
    const connection = this.#lastConnection;
    this.#handed.set(connection, { socket, atMs: performance.now() });
    const message: ToWorker = { kind: 'connection', connection };
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true });
  }

  /**
   * Gives back what was handed over longer than `olderMs` ago and cannot come any more: Node drops a connection for which
   * the receiving process has no file descriptor. A worker hears and says all in order, so what it has not taken
   * before it answers has not reached it. Of one that does not answer `withinMs`, nothing is known.
   */
  async recallLost(olderMs: number, withinMs: number): Promise<readonly Socket[]> {
    const sinceMs = performance.now() - olderMs;
    const late = [...this.#handed].filter(([, { atMs }]) => atMs < sinceMs).map(([connection]) => connection);
    if (late.length === 0 || this.#recalling) return [];
    this.#recalling = true;
    try {
      await this.ask({ kind: 'count' }, withinMs);
    } catch {
      return []; // it is slow, hangs or has ended: others see to that
    } finally {
      this.#recalling = false;
    }
    const lost = this.#takeBack(late);
    if (lost.length > 0) this.#lostAtMs = performance.now();
    return lost;
  }

  /** It is given nothing new, and ends when its connections have. */
  leave(how: 'retire' | 'close'): void {
    this.#state = 'leaving';
    this.tell({ kind: how });
  }

  kill(): void {
    this.#state = 'leaving';
    this.#killed = true;
    this.#child.kill('SIGKILL');
  }

  #heard(message: FromWorker): void {
    this.#heardMs = performance.now();
    switch (message.kind) {
      case 'answer':
        return void this.#questions.answered(message);
      case 'took':
        return void this.#took(message.connection);
      case 'left':
        this.#taken -= message.connections;
        return;
      case 'changes':
        return void this.#record(message);
      case 'moved':
        return void this.#moved(message);
      case 'evidence':
        return void this.#events.evidence(message.evidence);
      case 'counted':
        return void this.#events.counted(this, message.counted);
    }
  }

  #takeBack(connections: readonly number[]): readonly Socket[] {
    return connections.flatMap((connection) => {
      const handed = this.#handed.get(connection);
      this.#handed.delete(connection);
      return handed === undefined ? [] : [handed.socket];
    });
  }

  #took(connection: number): void {
    this.#handed.get(connection)?.socket.destroy(); // this process's end of it; the worker has its own
    this.#handed.delete(connection);
    this.#taken += 1;
  }

  async #moved({ number, question }: FromWorker & { readonly kind: 'moved' }): Promise<void> {
    this.tell({ kind: 'answer', number, moved: await this.#events.moved(this, question) });
  }

  async #record({ number, changes }: FromWorker & { readonly kind: 'changes' }): Promise<void> {
    this.tell({ kind: 'answer', number, recorded: await this.#events.record(changes) });
  }
}
