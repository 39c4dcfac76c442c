import { FAILURES, type Failure, type Task } from '../../contract/tasks.ts';
import { type Leashed, signalGroup, spawnLeashed, unleash } from './leashed.ts';
import { LineCutter, Tail } from './lines.ts';
import { type FromProcess, readMessage, type ToProcess } from './process-messages.ts';
import { type Attempt, RunFailure, type Session, type SessionHost, type StartSession } from './runtime.ts';

/** Room around a result in its line. */
const LINE_EXTRA = 4_096;
const LAST_WORDS_MAX = 2_048;

/** Any command that speaks JSON lines: see process-messages.ts for the messages. */
export const startProcess: StartSession<'process'> = async (spec, _agent, host, signal) => {
  // It may be over before this file was loaded.
  signal.throwIfAborted();
  const session = new ProcessSession(spawnLeashed(spec), host);
  const stop = () => session.force();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await session.ready;
    return session;
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

class ProcessSession implements Session {
  readonly outlivesHost = false;
  readonly #child: Leashed;
  readonly #host: SessionHost;
  readonly #lines: LineCutter;
  readonly #lastWords = new Tail(LAST_WORDS_MAX);
  readonly #runs = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();
  #isReady = false;
  #isStopping = false;
  #breach: string | null = null;

  constructor(child: Leashed, host: SessionHost) {
    this.#child = child;
    this.#host = host;
    this.#lines = new LineCutter(host.resultBytesMax + LINE_EXTRA);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#hear(chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => this.#lastWords.add(chunk));
    // A pipe that breaks says no more than the exit that follows, or has come before.
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => this.#ended(error.message));
    // Not at `exit`: its last lines may still be on their way.
    child.once('exit', (code, signal) => this.#exited(signal === null ? `exit code ${code}` : `signal ${signal}`));
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  run(task: Task, { token, signal }: Attempt): Promise<unknown> {
    const run = Promise.withResolvers<unknown>();
    this.#runs.set(token, run);
    this.#say({ kind: 'task', token, task });
    const cancel = () => this.#say({ kind: 'cancel', token, taskId: task.id, reason: reasonOf(signal) });
    signal.addEventListener('abort', cancel, { once: true });
    return run.promise.finally(() => {
      this.#runs.delete(token);
      signal.removeEventListener('abort', cancel);
    });
  }

  /** Asks it to stop; a signal follows at half the time, and the end by force. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#say({ kind: 'stop' });
    this.#child.stdin.end();
    const { clock } = this.#host;
    const calledOff = [
      clock.after(graceMs / 2, () => signalGroup(this.#child, 'SIGTERM')),
      clock.after(graceMs, () => this.force()),
    ];
    await this.#gone.promise;
    for (const callOff of calledOff) callOff();
  }

  force(): void {
    signalGroup(this.#child, 'SIGKILL');
  }

  #hear(chunk: string): void {
    const lines = this.#lines.cut(chunk);
    if (lines === null) {
      this.#breach = 'it wrote a line that is longer than a result may be';
      this.force();
      return;
    }
    for (const line of lines) {
      const message = readMessage(line);
      if (message !== null) this.#take(message);
    }
  }

  #take(message: FromProcess): void {
    this.#host.heartbeat();
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#ready.resolve();
        return;
      case 'heartbeat':
        return;
      case 'result':
        this.#runs.get(message.token)?.resolve(message.result);
        return;
      case 'failure': {
        const { code, message: text, retryable } = message;
        this.#runs.get(message.token)?.reject(new RunFailure({ code, message: text, retryable }));
      }
    }
  }

  /** What the program started may hold its pipes, out of reach: the last lines are waited for, but not for ever. */
  #exited(how: string): void {
    unleash(this.#child);
    const callOff = this.#host.clock.after(this.#host.killMs, () => {
      this.#host.limitHit('killMs');
      this.#child.stdout.destroy();
      this.#child.stderr.destroy();
    });
    this.#child.once('close', () => {
      callOff();
      this.#ended(how);
    });
  }

  /** The kernel hears of the end before the runs do: they did not fail, they were cut short. */
  #ended(how: string): void {
    const isAsItShould = this.#breach === null && how === 'exit code 0' && this.#runs.size === 0;
    const why = this.#failure(how);
    if (this.#isReady && !this.#isStopping) this.#host.ended(isAsItShould ? null : why);
    this.#ready.reject(new RunFailure(why));
    for (const run of this.#runs.values()) run.reject(new RunFailure(why));
    this.#gone.resolve();
  }

  #failure(how: string): Failure {
    const lastWords = this.#lastWords.text === '' ? '' : `; its last words: ${this.#lastWords.text}`;
    const message = `${FAILURES.process_ended} (${this.#breach ?? how})${lastWords}`;
    return { code: 'process_ended', message, retryable: true };
  }

  #say(message: ToProcess): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
}
