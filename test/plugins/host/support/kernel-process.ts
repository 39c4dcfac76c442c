import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('./kernel-process.mjs', import.meta.url));

export type KernelProcess = {
  readonly child: ChildProcess;
  /** The process of its plugins. */
  readonly hostPid: Promise<number>;
  /** All it said, once it and the process of its plugins have ended: both hold this pipe. */
  readonly said: Promise<string>;
};

/** Runs a kernel with a third-party plugin. `close`: it uses the plugin, then closes; `stay`: it stays. */
export function kernelProcess(
  kernelModule: string,
  hostModule: string,
  file: string,
  mode: 'close' | 'stay',
): KernelProcess {
  const child = spawn(process.execPath, [PROGRAM, kernelModule, hostModule, file, mode], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {},
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('it was asked for pipes');
  // What a host process writes to standard error comes by the same pipe, so it ends when both have.
  const said = Promise.all([text(stdout), text(stderr), once(child, 'exit')]).then(([out, err]) => `${out}${err}`);
  const first = once(stdout, 'data').then(([line]) => Number.parseInt(String(line), 10));
  const ended = said.then((all) => Promise.reject(new Error(`it ended without a plugin:\n${all}`)));
  return { child, hostPid: Promise.race([first, ended]), said };
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
