import { type ChildProcess, type ChildProcessByStdio, type SpawnOptions, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export type Leashed = ChildProcessByStdio<Writable, Readable, Readable>;

type Command = {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * A watcher in the process group of the command holds one end of a pipe. However this process ends, kill -9
 * too, the pipe closes and the watcher kills the group: the command and whatever it started. Node cannot ask
 * the system for that (Linux has PR_SET_PDEATHSIG, POSIX has nothing), a shell and a pipe can.
 * The shell becomes the command, so that its pid, exit code and signals are the command's own.
 */
const LEASH = `{ read -r _ <&3; kill -s KILL -- "-$$"; } </dev/null >/dev/null 2>&1 & exec "$@" 3<&-`;

/** Starts a command that cannot outlive this process. Where there is no POSIX shell, it can. */
export function spawnLeashed({ command, args = [], cwd, env }: Command): Leashed {
  const options: SpawnOptions = {
    env: env ?? { PATH: process.env.PATH ?? '' },
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    windowsHide: true,
  };
  const child =
    process.platform === 'win32'
      ? spawn(command, args, options)
      : spawn('/bin/sh', ['-c', LEASH, 'sh', command, ...args], { ...options, detached: true });
  return child as Leashed;
}

/**
 * Sends a signal to the command and whatever it started. The group exists at least as long as its watcher
 * does, so its number cannot have become another's before `unleash`.
 */
export function signalGroup(child: Leashed, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The command has ended: ends what it left behind, the watcher included. */
export function unleash(child: Leashed): void {
  signalGroup(child, 'SIGKILL');
  (child as ChildProcess).stdio[3]?.destroy();
}
