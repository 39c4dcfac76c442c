import { existsSync, lstatSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from 'node:worker_threads';
import type { ThirdPartyPlugin } from './messages.ts';

const heapMbDefault = 64;

/** What a plugin's worker may do: read its own folder and what it is run with, compute, and no more. */
export function workerOptions({ file, readable = [], heapMb = heapMbDefault }: ThirdPartyPlugin): WorkerOptions {
  const packages = WRITTEN_WITH.flatMap((name) => linksTo(name, dirname(file)));
  // A folder before what lies in it: Node 24 forgets a folder that is named later.
  const folders = [dirname(file), ...OURS, ...packages, ...readable].toSorted();
  return {
    execArgv: ['--permission', ...folders.map((path) => `--allow-fs-read=${path}`)],
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
  };
}

/** The host process needs to read modules and to start workers; it never writes a file or starts a program. */
export const HOST_FLAGS: readonly string[] = [
  '--permission',
  '--allow-worker',
  '--allow-fs-read=*',
  // Says that --allow-worker loosens the rest, which the self-test checks for the workers we start. It is PERM0006 on
  // Node 24, and has no code of its own on 22.
  '--disable-warning=SecurityWarning',
];

/** What plugins are written with. */
const WRITTEN_WITH = ['banyan', 'zod'] as const;

/** Our own modules, what says how to import them, and zod. */
const OURS: readonly string[] = [
  fileURLToPath(new URL('../../', import.meta.url)),
  findPackageJSON(import.meta.url) ?? '',
  dirname(fileURLToPath(import.meta.resolve('zod'))),
  ...linksTo('zod', import.meta.dirname),
].filter((path) => path !== '');

/**
 * Where a package is looked up from a folder, which need not be where it lies: package managers link packages, or
 * all of node_modules. To follow a link, a worker must be let read the link.
 */
function linksTo(name: string, from: string): readonly string[] {
  return [from, ...ancestorsOf(from)]
    .map((folder) => join(folder, 'node_modules', name))
    .filter((path) => existsSync(path))
    .flatMap((path) => [path, ...ancestorsOf(path).filter(isLink)]);
}

function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestorsOf(parent)];
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}

/** A file of this folder, with this file's extension: TypeScript in the repository, JavaScript in the package. */
export function besides(name: string): string {
  return fileURLToPath(new URL(`${name}${/\.\w+$/.exec(import.meta.url)?.[0]}`, import.meta.url));
}
