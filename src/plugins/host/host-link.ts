import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { BanyanError } from '../../contract/errors.ts';
import type { FromHost, ToHost } from './messages.ts';
import { besides, HOST_FLAGS } from './permissions.ts';

export type HostUser = { readonly uid?: number; readonly gid?: number };

type Listener = { readonly message: (message: FromHost) => void; readonly exit: (why: string) => void };

/** How long the host process may take to start and test itself, and to end. */
const startMsMax = 60_000;
const endMsMax = 2_000;

/** The running host process, from the kernel's side. */
export class HostLink {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { message, exit }: Listener) {
    this.#child = child;
    child.on('message', (received: FromHost) => message(received));
    child.on('exit', (code, signal) => exit(`the plugin host ended with ${signal ?? code}`));
    // A message that could not be delivered any more; `exit` follows and says so to all.
    child.on('error', () => {});
  }

  /** Resolves once the process has tested itself. @throws PLUGIN_FAILED when this Node does not confine its workers */
  static async start(user: HostUser, listener: Listener): Promise<HostLink> {
    const child = fork(besides('host-process'), [], {
      execArgv: [...HOST_FLAGS],
      env: {},
      // Node 24 lets a permissioned worker read the whole folder that its process was started in.
      cwd: dirname(besides('host-process')),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...user,
    });
    const allowed = await ready(child);
    if (allowed.length === 0) return new HostLink(child, listener);
    child.kill('SIGKILL');
    throw new BanyanError('PLUGIN_FAILED', `this Node does not confine plugins: a plugin could ${allowed.join(', ')}`);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Throws when the process is gone, or when a part of the message cannot be copied. */
  send(message: ToHost): void {
    if (!this.#child.connected) throw new Error('the plugin host is gone');
    this.#child.send(message);
  }

  sendIfThere(message: ToHost): void {
    if (this.#child.connected) this.#child.send(message);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), endMsMax);
    await ended;
    clearTimeout(late);
  }
}

function ready(child: ChildProcess): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`not ready after ${startMsMax} ms`);
    }, startMsMax);
    const fail = (why: string): void => {
      clearTimeout(late);
      reject(new BanyanError('PLUGIN_FAILED', `the plugin host did not start: ${why}`));
    };
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it ended with ${signal ?? code}`));
    child.once('message', (message: FromHost) => {
      clearTimeout(late);
      child.removeAllListeners();
      if (message.kind === 'ready') resolve(message.allowed);
    });
  });
}
