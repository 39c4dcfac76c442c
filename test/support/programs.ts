import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Streams } from '../../src/cli/output.ts';
import { run } from '../../src/cli/program.ts';

/** A program of the repository in a process of its own, up to the line that says it is ready. */
export type Program = {
  readonly ready: RegExpExecArray;
  readonly pid: number;
  /** Sends a signal and waits for the end. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Sends a signal, and no more. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** How it ended: the exit code, or the signal that nobody in it handled. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** What it has said on stderr. */
  readonly stderr: () => string;
};

export async function startProgram(path: string, args: readonly string[], ready: RegExp): Promise<Program> {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  const { stdout, stderr, pid } = child;
  if (stdout === null || stderr === null || pid === undefined) throw new Error(`${path} could not be started`);
  const said: string[] = [];
  stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const lines = createInterface({ input: stdout });
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    lines.on('line', (line) => {
      const found = ready.exec(line);
      if (found !== null) resolve(found);
    });
    child.once('close', () => reject(new Error(`${path} ended before it was ready:\n${said.join('')}`)));
  });
  return {
    ready: match,
    pid,
    kill: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill(signal);
      await closed;
    },
    signal: (signal) => {
      child.kill(signal);
    },
    ended,
    stderr: () => said.join(''),
  };
}

export type CliResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs one command of the CLI to its end. */
export async function banyan(args: readonly string[], cwd?: string): Promise<CliResult> {
  const file = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  return runToEnd(process.execPath, [file, ...args], cwd);
}

export async function runToEnd(command: string, args: readonly string[], cwd?: string): Promise<CliResult> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** The same in this process, which is much quicker. */
export async function banyanHere(args: readonly string[]): Promise<CliResult> {
  const stdout = new Sink();
  const stderr = new Sink();
  const streams = { stdout, stderr, env: { NO_COLOR: '1' } } as unknown as Streams;
  const code = await run(['node', 'banyan', ...args], streams);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Sink {
  text = '';

  write(chunk: string): boolean {
    this.text += chunk;
    return true;
  }
}

/** The children of a process (Linux). */
export function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
