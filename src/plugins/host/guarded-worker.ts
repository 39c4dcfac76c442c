import { Worker } from 'node:worker_threads';
import type { PeerMessage, ThirdPartyPlugin, WorkerOrders } from './messages.ts';
import { besides, workerOptions } from './permissions.ts';
import { printedLines } from './printed-lines.ts';

/** How long a worker may take until its event loop runs for the first time. */
const startMsMax = 20_000;
const heldMsMaxDefault = 3_000;

export type GuardedWorkerEvents = {
  readonly message: (message: PeerMessage) => void;
  readonly printed: (line: string) => void;
  /** Once, whatever ended it. */
  readonly gone: (why: string) => void;
};

/** A plugin's worker, from outside: asked again and again whether it still turns, and ended when it does not. */
export class GuardedWorker {
  readonly #worker: Worker;
  readonly #events: GuardedWorkerEvents;
  readonly #heldMsMax: number;
  #timer: NodeJS.Timeout;
  #why: string | null = null;

  constructor(plugin: ThirdPartyPlugin, events: GuardedWorkerEvents) {
    const workerData: WorkerOrders = { file: plugin.file };
    this.#events = events;
    this.#heldMsMax = plugin.heldMsMax ?? heldMsMaxDefault;
    this.#worker = new Worker(besides('plugin-worker'), { ...workerOptions(plugin), workerData });
    this.#worker.on('message', (message: PeerMessage | 'pong') => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(reasonOf(error)));
    this.#worker.on('exit', (code) => this.#end(`it exited with ${code}`));
    const print = printedLines(events.printed, () => performance.now());
    this.#worker.stdout.on('data', print);
    this.#worker.stderr.on('data', print);
    this.#timer = this.#ask(startMsMax);
  }

  post(message: PeerMessage): void {
    this.#worker.postMessage(message);
  }

  close(): void {
    this.#end('it was closed');
  }

  #ask(waitMs: number): NodeJS.Timeout {
    this.#worker.postMessage('ping');
    return setTimeout(() => this.#suspect(waitMs), waitMs);
  }

  /** This process may have been the slow one: what the worker said meanwhile is read first. */
  #suspect(waitMs: number): void {
    this.#timer = setTimeout(() => this.#end(`it held its thread for more than ${waitMs} ms`), 10);
  }

  #receive(message: PeerMessage | 'pong'): void {
    if (message !== 'pong') {
      this.#events.message(message);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = this.#ask(this.#heldMsMax);
    }, this.#heldMsMax / 4);
  }

  #end(why: string): void {
    if (this.#why !== null) return;
    this.#why = why;
    clearTimeout(this.#timer);
    void this.#worker.terminate();
    this.#events.gone(why);
  }
}

function reasonOf(error: unknown): string {
  if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') return 'it ran out of memory';
  return `it threw outside of any call: ${error instanceof Error ? error.message : String(error)}`;
}
