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

/** In bytes. */
type Resident = { readonly kept: number; readonly needed: number };

/**
 * Resident memory of a process with the kernel, all plugins, a SQLite store and 50 agents that have worked, over
 * that of an empty Node process, in turn. `needed`: after a collection in which V8 gives back the room that it
 * keeps for new objects; `kept`: before that. As the package runs it: built to JavaScript, because Node's own
 * TypeScript loader takes more memory than the kernel.
 */
export async function memoryResults(): Promise<readonly BenchmarkResult[]> {
  const built = await build();
  try {
    const empty: Resident[] = [];
    const full: Resident[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      empty.push(await resident([]));
      full.push(await withFolder((folder) => resident([built, join(folder, 'kernel.sqlite')])));
    }
    return [result('needed', empty, full), result('kept', empty, full)];
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

function result(what: keyof Resident, empty: readonly Resident[], full: readonly Resident[]): BenchmarkResult {
  const median = (of: readonly Resident[]) =>
    quantile(
      of.map((one) => one[what]),
      0.5,
    ) /
    1024 /
    1024;
  const value = median(full) - median(empty);
  const hasTarget = what === 'needed';
  return {
    metric: `memory ${what} by 50 agents, kernel and plugins over an empty Node process`,
    value: round(value, 1),
    unit: 'MB',
    against: `an empty Node process: ${round(median(empty), 1)} MB`,
    ratio: round(median(full) / median(empty)),
    target: hasTarget ? `< ${MB_MAX} MB` : null,
    met: hasTarget ? value < MB_MAX : null,
  };
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

async function resident(args: readonly string[]): Promise<Resident> {
  const { stdout } = await run(process.execPath, ['--expose-gc', CHILD, ...args]);
  return JSON.parse(stdout) as Resident;
}
