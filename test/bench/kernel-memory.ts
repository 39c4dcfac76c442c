import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { V2_HOST_FLAGS } from '../../src/cli/up/v2-host-flags.ts';
import type { BenchmarkResult } from './result.ts';
import { round, withFolder } from './support/kernel-rig.ts';
import { median } from './support/statistics.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CHILD = join(ROOT, 'test/bench/support/kernel-memory.mjs');
const ROUNDS = 5;
const MB_MAX = 50;

/** In bytes. */
type Resident = { readonly resident: number; readonly needed: number };
type Pair = { readonly empty: Resident; readonly full: Resident };

/**
 * Resident memory of a process with the kernel, all plugins, a SQLite store and 50 agents that have worked, over
 * that of an empty Node process, in turn. `resident`: as it stands, no collection forced; once as `banyan up` runs
 * the v2 host, once as plain `node`, where V8 keeps more room for new objects. `needed`: after a collection that
 * gives all such room back. As the package runs it: built to JavaScript, because Node's own TypeScript loader takes
 * more memory than the kernel.
 */
export async function memoryResults(): Promise<readonly BenchmarkResult[]> {
  const built = await build();
  try {
    const asHost: Pair[] = [];
    const asNode: Pair[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      asHost.push(await pair(built, V2_HOST_FLAGS));
      asNode.push(await pair(built, []));
    }
    return [
      result(`as the v2 host runs, ${V2_HOST_FLAGS.join(' ')}`, 'resident', asHost, `< ${MB_MAX} MB`),
      result('as plain node runs', 'resident', asNode, null),
      result('after a full collection', 'needed', asNode, null),
    ];
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}

function result(
  how: string,
  what: keyof Resident,
  pairs: readonly Pair[],
  target: BenchmarkResult['target'],
): BenchmarkResult {
  const medianMiB = (values: readonly number[]) => median(values) / 1024 / 1024;
  const empty = medianMiB(pairs.map((pair) => pair.empty[what]));
  const over = medianMiB(pairs.map((pair) => pair.full[what] - pair.empty[what]));
  return {
    metric: `resident memory of 50 agents, kernel and plugins over an empty process, ${how}, median of ${ROUNDS}`,
    value: round(over, 1),
    unit: 'MB',
    against: `an empty process: ${round(empty, 1)} MB`,
    ratio: round((empty + over) / empty),
    target,
    met: target === null ? null : over < MB_MAX,
  };
}

async function pair(built: string, flags: readonly string[]): Promise<Pair> {
  const empty = await resident(flags, []);
  const full = await withFolder((folder) => resident(flags, [built, join(folder, 'kernel.sqlite')]));
  return { empty, full };
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

async function resident(flags: readonly string[], args: readonly string[]): Promise<Resident> {
  const { stdout } = await run(process.execPath, ['--expose-gc', ...flags, CHILD, ...args]);
  return JSON.parse(stdout) as Resident;
}
