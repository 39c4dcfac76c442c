import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type Child = { readonly line: RegExpExecArray; readonly pid: number; readonly stop: () => Promise<void> };

/** Starts a program of the repository and waits for the line that says it is ready. */
export async function startChild(path: string, args: readonly string[], ready: RegExp): Promise<Child> {
  const program = fileURLToPath(new URL(`../../../${path}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  };
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error(`${path} could not be started`);
  for await (const text of createInterface({ input: stdout })) {
    const line = ready.exec(text);
    if (line === null) continue;
    stdout.resume();
    return { line, pid, stop };
  }
  throw new Error(`${path} ended before it was ready`);
}
