import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchmarkResult } from './result.ts';
import { quantile, round, withFolder } from './support/kernel-rig.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = join(ROOT, 'test/bench/support/kernel-memory.mjs');
const ROUNDS = 3;
const MB_MAX = 50;

/**
 * Resident memory of a process with the kernel, all plugins, a SQLite store and 50 agents that have worked, over
 * that of an empty Node process, in turn. As the package runs it: built to JavaScript, because Node's own
 * TypeScript loader takes more memory than the kernel.
 */
export async function memoryResults(): Promise<readonly BenchmarkResult[]> {
  const built = await build();
  try {
    const empty: number[] = [];
    const full: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      empty.push(await residentMb([]));
      full.push(await withFolder((folder) => residentMb([built, join(folder, 'kernel.sqlite')])));
    }
    const value = quantile(full, 0.5) - quantile(empty, 0.5);
    return [
      {
        metric: 'memory of 50 agents, kernel and plugins over an empty Node process',
        value: round(value, 1),
        unit: 'MB',
        against: `an empty Node process: ${round(quantile(empty, 0.5), 1)} MB`,
        ratio: round(quantile(full, 0.5) / quantile(empty, 0.5)),
        target: `< ${MB_MAX} MB`,
        met: value < MB_MAX,
      },
    ];
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

/** Below node_modules, so that what it imports is found. */
async function build(): Promise<string> {
  const cache = join(ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'banyan-bench-'));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const config = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder];
  // Types are the business of `npm run check`.
  await run(tsc, [...config, '--noCheck', '--declaration', 'false', '--sourceMap', 'false']);
  return folder;
}

async function residentMb(args: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, ['--expose-gc', CHILD, ...args]);
  return Number(stdout) / 1024 / 1024;
}
