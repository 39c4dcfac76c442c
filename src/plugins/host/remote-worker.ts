import { BanyanError } from '../../contract/errors.ts';
import { BUDGETS, type SavedState } from '../../contract/plugins.ts';
import { inTime } from '../../kernel/hooks/lifecycle.ts';
import type { Stopwatch } from '../../kernel/hooks/stopwatch.ts';
import type { Asked, Manifest, PeerMessage } from './messages.ts';
import { Peer, type Serving } from './peer.ts';
import { type RestartPolicy, Restarts } from './restarts.ts';

/** One worker of the host process: made anew at each start, so that nothing late of an earlier one is taken for it. */
export type Connection = {
  /** Rejects when the host process cannot be started. */
  readonly open: () => Promise<void>;
  /** Throws when the worker is gone, or when a part of the message cannot be copied. */
  readonly post: (message: PeerMessage) => void;
  readonly close: () => void;
};

export type Receiver = { readonly message: (message: PeerMessage) => void; readonly gone: (why: string) => void };

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'up'; readonly sinceMs: number }
  | { readonly kind: 'waiting'; readonly why: string; readonly pauseMs: number; readonly cancel: () => void }
  /** It ended too often. */
  | { readonly kind: 'given_up'; readonly why: string };

type Options = {
  readonly connect: (receiver: Receiver) => Connection;
  readonly serving: Serving;
  readonly stopwatch: Stopwatch;
  readonly restart: RestartPolicy;
  /** Told of ends and starts. */
  readonly told: (what: string) => void;
};

/** How long a worker may take to start and to load its module: one whose thread hangs is ended earlier. */
export const loadMsMax = 30_000;

/** A plugin's worker, from the kernel's side: asks it, and starts it again when it ended. */
export class RemoteWorker {
  readonly #options: Options;
  readonly #restarts: Restarts;
  #state: State = { kind: 'closed' };
  #peer: Peer<Asked> | null = null;
  #connection: Connection | null = null;
  /** What a worker that is started again is given to go on from. */
  #goOn: { readonly config: unknown; readonly saved: SavedState | null } | null = null;
  /** What it is to begin with. */
  #first: SavedState | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#restarts = new Restarts(options.restart);
  }

  /** Starts the worker and loads its module. @throws PLUGIN_INVALID, PLUGIN_FAILED */
  async open(): Promise<Manifest> {
    try {
      const manifest = await this.#start();
      this.#isUp();
      return manifest;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async initialize(config: unknown): Promise<void> {
    if (this.#state.kind !== 'up') await this.open();
    const saved = this.#first;
    this.#first = null;
    await this.ask('initialize', { config, saved });
    this.#goOn = { config, saved };
  }

  async configure(config: unknown): Promise<void> {
    await this.ask('configure', { config });
    this.#goOn = { config, saved: this.#goOn?.saved ?? null };
  }

  /** Its state; where it cannot be asked, the last that is known, or `undefined`. */
  async fetchState(version: number): Promise<unknown> {
    try {
      this.#remember({ version, state: await this.#within(BUDGETS.fetchStateMs, 'fetch_state', null) });
    } catch (error) {
      this.#options.told(`its state is the last known one: ${error instanceof Error ? error.message : String(error)}`);
    }
    return this.#goOn?.saved?.state;
  }

  /** Before it is initialised: what it begins with. */
  async replaceState(saved: SavedState): Promise<void> {
    if (this.#goOn === null) {
      this.#first = saved;
      return;
    }
    await this.#within(BUDGETS.fetchStateMs, 'replace_state', saved);
    this.#remember(saved);
  }

  async dispose(): Promise<void> {
    try {
      await this.#within(BUDGETS.disposeMs, 'dispose', null);
    } finally {
      this.close();
    }
  }

  ask<V extends keyof Asked>(verb: V, body: Asked[V]['body']): Promise<Asked[V]['answer']> {
    if (this.#state.kind === 'up' && this.#peer !== null) return this.#peer.call(verb, body);
    return Promise.reject(new Error(whyDown(this.#state)));
  }

  close(): void {
    if (this.#state.kind === 'waiting') this.#state.cancel();
    this.#state = { kind: 'closed' };
    this.#goOn = null;
    this.#first = null;
    this.#disconnect('its worker was closed');
  }

  async #start(): Promise<Manifest> {
    this.#state = { kind: 'starting' };
    const peer = new Peer<Asked>((message) => connection.post(message), this.#options.serving);
    const connection = this.#options.connect({
      message: (message) => peer.receive(message),
      gone: (why) => {
        peer.abandon(why);
        if (this.#peer === peer && this.#state.kind === 'up') this.#down(why, this.#state.sinceMs);
      },
    });
    this.#peer = peer;
    this.#connection = connection;
    await connection.open();
    return this.#answerIn(loadMsMax, 'describe', peer.call('describe', null));
  }

  #isUp(): void {
    this.#state = { kind: 'up', sinceMs: this.#options.stopwatch.nowMs() };
  }

  #down(why: string, upSinceMs: number): void {
    const { stopwatch, told } = this.#options;
    this.#disconnect(why);
    if (this.#goOn === null) {
      this.#state = { kind: 'closed' };
      return;
    }
    const pauseMs = this.#restarts.afterEnd(stopwatch.nowMs() - upSinceMs);
    if (pauseMs === null) {
      this.#state = { kind: 'given_up', why };
      told(`its worker ended too often and stays down: ${why}`);
      return;
    }
    this.#state = { kind: 'waiting', why, pauseMs, cancel: stopwatch.after(pauseMs, () => this.#revive()) };
    told(`its worker ended: ${why}; it is started again in ${pauseMs} ms`);
  }

  async #revive(): Promise<void> {
    const goOn = this.#goOn;
    if (goOn === null) return;
    try {
      await this.#start();
      if (this.#peer !== null)
        await this.#answerIn(BUDGETS.initializeMs, 'initialize', this.#peer.call('initialize', goOn));
      this.#isUp();
      this.#options.told('its worker is up again');
    } catch (error) {
      this.#down(error instanceof Error ? error.message : String(error), this.#options.stopwatch.nowMs());
    }
  }

  async #within<V extends keyof Asked>(ms: number, verb: V, body: Asked[V]['body']): Promise<Asked[V]['answer']> {
    return this.#answerIn(ms, verb, this.ask(verb, body));
  }

  /** @throws PLUGIN_FAILED when it does not come in time */
  async #answerIn<T>(ms: number, verb: keyof Asked, answer: Promise<T>): Promise<T> {
    if ((await inTime(this.#options, ms, answer)) === 'in time') return answer;
    throw new BanyanError('PLUGIN_FAILED', `its worker did not answer ${verb} within ${ms} ms`);
  }

  #remember(saved: SavedState): void {
    if (this.#goOn !== null) this.#goOn = { config: this.#goOn.config, saved };
  }

  #disconnect(why: string): void {
    this.#peer?.abandon(why);
    this.#connection?.close();
    this.#peer = null;
    this.#connection = null;
  }
}

function whyDown(state: State): string {
  switch (state.kind) {
    case 'waiting':
      return `its worker is down: ${state.why}; it is started again ${state.pauseMs} ms after that`;
    case 'given_up':
      return `its worker ended too often and stays down: ${state.why}`;
    default:
      return `its worker is ${state.kind}`;
  }
}
