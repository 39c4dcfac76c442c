import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Logger } from 'pino';
import { V2_HOST_FLAGS } from './v2-host-flags.ts';

export type V2HostOptions = {
  readonly types: readonly string[];
  readonly stateFolder: string;
  readonly faults: boolean;
  readonly logger: Logger;
  /** The base URL of a host that listens; `null`: it is down. */
  readonly onAddress: (base: string | null) => void;
};

const READY_LINE = /^banyan v2 ready (http:\/\/\S+)$/;
const RESTART_DELAY_FIRST_MS = 100;
const RESTART_DELAY_MAX_MS = 5000;
/** A host that ran this long is started again at once. */
const STEADY_MS = 10_000;
const STOP_GRACE_MS = 8000;

/** The v2 host as a child process: started, and started again whenever it dies, until it is stopped. */
export class V2HostProcess {
  readonly #options: V2HostOptions;
  #child: ChildProcess | null = null;
  #stopping = false;
  #restarts = 0;
  #nextStart: NodeJS.Timeout | undefined;
  #delayMs = RESTART_DELAY_FIRST_MS;

  constructor(options: V2HostOptions) {
    this.#options = options;
  }

  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when the host listens, or has died; unless it was stopped, it is being started again then. */
  start(): Promise<void> {
    const { logger, onAddress } = this.#options;
    const startedAtMs = performance.now();
    return new Promise((resolve) => {
      const died = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#child = null;
        onAddress(null);
        resolve();
        if (!this.#stopping) this.#startAgain(performance.now() - startedAtMs, code, signal);
      };
      const notStarted = (error: unknown) => logger.error({ err: error }, 'the v2 host could not be started');
      try {
        const child = this.#spawn();
        this.#child = child;
        child.on('error', notStarted);
        child.on('close', died);
        // There is none when no file descriptor was left for it; `close` follows.
        if (!child.stdout) return;
        createInterface({ input: child.stdout }).on('line', (line) => {
          const base = READY_LINE.exec(line)?.[1];
          if (base === undefined) return;
          logger.info({ pid: child.pid, base }, 'the v2 host listens');
          onAddress(base);
          resolve();
        });
      } catch (error) {
        notStarted(error); // want of memory, for instance
        died(null, null);
      }
    });
  }

  #spawn(): ChildProcess {
    const { types, stateFolder, faults, logger } = this.#options;
    const [, program = ''] = process.argv;
    const args = [
      ...V2_HOST_FLAGS,
      program,
      'v2',
      '--types',
      types.join(','),
      '--port',
      '0',
      '--state',
      stateFolder,
      '--exit-with-parent',
      '--log-level',
      logger.level,
    ];
    return spawn(process.execPath, faults ? [...args, '--faults'] : args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      // A Ctrl-C reaches every process of its terminal's group; the host must outlive the calls in flight to it.
      detached: true,
    });
  }

  #startAgain(ranMs: number, code: number | null, signal: NodeJS.Signals | null): void {
    this.#delayMs = ranMs >= STEADY_MS ? RESTART_DELAY_FIRST_MS : Math.min(this.#delayMs * 2, RESTART_DELAY_MAX_MS);
    this.#restarts += 1;
    this.#options.logger.warn({ code, signal, inMs: this.#delayMs }, 'the v2 host died and is started again');
    this.#nextStart = setTimeout(() => void this.start(), this.#delayMs);
  }

  /** Asks the host to end, and ends it after a grace. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#nextStart);
    const child = this.#child;
    if (child === null) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const kill = setTimeout(() => {
      this.#options.logger.warn(
        { pid: child.pid, graceMs: STOP_GRACE_MS },
        'the v2 host did not end and had to be killed',
      );
      child.kill('SIGKILL');
    }, STOP_GRACE_MS);
    await closed;
    clearTimeout(kill);
  }
}
