import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

export type Program = {
  /** What stands after `ready ` on its line of stdout. */
  readonly url: string;
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

/** Runs a file of the repository and waits for the line `... ready URL`. */
export async function startProgram(file: string, args: readonly string[] = []): Promise<Program> {
  const child = spawn(process.execPath, [file, ...args], { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] });
  // A test that fails half-way must leave nobody behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.removeListener('exit', kill));
  child.unref();
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
  const url = await Promise.race([readyUrl(child), exited.then(([code]) => endedEarly(file, code))]);
  return {
    url,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code, by] = await exited;
      return { code, signal: by };
    },
  };
}

export function startLegacyFixture(type: string, args: readonly string[] = []): Promise<Program> {
  return startProgram(`legacy-fixtures/${type}/main.ts`, args);
}

async function readyUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the program has no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = / ready (http:\/\/\S+)$/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('the program ended its output without a ready line');
}

function endedEarly(file: string, code: number | null): never {
  throw new Error(`${file} ended with ${code} before it was ready`);
}
