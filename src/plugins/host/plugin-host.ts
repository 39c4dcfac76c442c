/**
 * Third-party plugins, confined: one process for all of them, started when the first is opened, and in it one
 * worker each with its own permissions and limits. It contains what runs away, runs out of memory or crashes.
 * It is no boundary against hostile code: see docs/plugins.md.
 */
import type { AnyPlugin, PluginContext } from '../../contract/plugins.ts';
import { type Stopwatch, systemStopwatch } from '../../kernel/hooks/stopwatch.ts';
import { HostLink, type HostUser } from './host-link.ts';
import type { FromHost, ThirdPartyPlugin } from './messages.ts';
import { remotePlugin, servingOf } from './remote-plugin.ts';
import { type Connection, type Receiver, RemoteWorker } from './remote-worker.ts';
import { RESTART, type RestartPolicy } from './restarts.ts';

export type { ThirdPartyPlugin };

export type PluginHostOptions = {
  /** What plugins print, and what becomes of their workers. */
  readonly log?: (plugin: string, line: string) => void;
  /** Whom the process runs as, where the kernel's process may choose: another user keeps it from signalling us. */
  readonly user?: HostUser;
  readonly restart?: RestartPolicy;
  readonly stopwatch?: Stopwatch;
};

export class PluginHost {
  readonly #options: Required<PluginHostOptions>;
  readonly #receivers = new Map<string, Receiver & { readonly file: string }>();
  readonly #workers = new Set<RemoteWorker>();
  #link: Promise<HostLink> | null = null;
  #running: HostLink | null = null;
  #lastKey = 0;

  constructor(options: PluginHostOptions = {}) {
    this.#options = { log: () => {}, user: {}, restart: RESTART, stopwatch: systemStopwatch, ...options };
  }

  /** The process id; `null` while it does not run. */
  get pid(): number | null {
    return this.#running?.pid ?? null;
  }

  /**
   * Loads a plugin's module in a worker of its own and gives its definition, to be loaded into a kernel.
   * @throws PLUGIN_INVALID, PLUGIN_FAILED
   */
  async open(plugin: ThirdPartyPlugin): Promise<AnyPlugin> {
    const { log, restart, stopwatch } = this.#options;
    let context: PluginContext<unknown, unknown> | null = null;
    const worker = new RemoteWorker({
      connect: (receiver) => this.#connect(plugin, receiver),
      serving: servingOf(() => context, stopwatch.nowMs),
      stopwatch,
      restart,
      told: (what) => (context === null ? log(plugin.file, what) : context.log('warn', what)),
    });
    const manifest = await worker.open();
    this.#workers.add(worker);
    return remotePlugin(manifest, worker, (given) => {
      context = given;
    });
  }

  /** Ends all workers and the process. Definitions that it gave fail from then on. */
  async close(): Promise<void> {
    for (const worker of this.#workers) worker.close();
    this.#workers.clear();
    const link = await this.#link?.catch(() => null);
    this.#link = null;
    await link?.stop();
  }

  #connect(plugin: ThirdPartyPlugin, receiver: Receiver): Connection {
    const key = `${++this.#lastKey}`;
    this.#receivers.set(key, { ...receiver, file: plugin.file });
    return {
      open: async () => (await this.#start()).send({ kind: 'open', worker: key, plugin }),
      post: (message) => this.#isRunning().send({ kind: 'pass', worker: key, message }),
      close: () => {
        if (this.#receivers.delete(key)) this.#running?.sendIfThere({ kind: 'close', worker: key });
      },
    };
  }

  #isRunning(): HostLink {
    if (this.#running === null) throw new Error('the plugin host does not run');
    return this.#running;
  }

  async #start(): Promise<HostLink> {
    this.#link ??= HostLink.start(this.#options.user, {
      message: (message) => this.#receive(message),
      exit: (why) => this.#ended(why),
    });
    try {
      this.#running = await this.#link;
      return this.#running;
    } catch (error) {
      this.#link = null;
      throw error;
    }
  }

  #receive(message: FromHost): void {
    if (message.kind === 'ready') return;
    const receiver = this.#receivers.get(message.worker);
    if (receiver === undefined) return;
    if (message.kind === 'pass') receiver.message(message.message);
    else if (message.kind === 'printed') this.#options.log(receiver.file, message.line);
    else {
      this.#receivers.delete(message.worker);
      receiver.gone(message.why);
    }
  }

  #ended(why: string): void {
    this.#link = null;
    this.#running = null;
    const receivers = [...this.#receivers.values()];
    this.#receivers.clear();
    for (const receiver of receivers) receiver.gone(why);
  }
}
