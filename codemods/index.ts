/** Codemods: rewriting callers' code, as a library. `banyan codemod` is the same on the command line. */
import type { Codemod, CodemodReport } from './contract.ts';
import { run } from './engine/run.ts';
import { createKernelCodemod, type KernelOptions } from './kernel/index.ts';

export {
  type Change,
  type CodemodReport,
  type Finding,
  type References,
  SKIPPED,
  type Skipped,
  type SkipReason,
} from './contract.ts';

export const CODEMODS = {
  kernel: createKernelCodemod,
} as const satisfies Readonly<Record<string, (options: KernelOptions) => Codemod>>;

export type CodemodName = keyof typeof CODEMODS;

export type CodemodOptions = {
  /** Files and folders, absolute or relative to `cwd`. */
  readonly paths: readonly string[];
  /** Default: the working directory of the program. */
  readonly cwd?: string;
  /** Write the changes; else they are only reported. Default `false`. */
  readonly write?: boolean;
  /** Write even where git could not give the bytes back. Default `false`. */
  readonly allowDirty?: boolean;
  /** Further specifiers or paths that are a legacy module, each to its type. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Called now and then with the number of files scanned. */
  readonly onProgress?: (scanned: number) => void;
};

/**
 * Runs a codemod over the callers' files.
 * @throws {BanyanError} BAD_INPUT for a path that does not exist, and when there is no source file below the paths;
 * DIRTY_TREE when `write` would change what git could not give back
 * @example
 * const { changes, findings } = await runCodemod('kernel', { paths: ['src'] });
 */
export async function runCodemod(name: CodemodName, options: CodemodOptions): Promise<CodemodReport> {
  const {
    paths,
    cwd = process.cwd(),
    write = false,
    allowDirty = false,
    modules = {},
    onProgress = () => {},
  } = options;
  const codemod = CODEMODS[name]({ cwd, modules });
  return run(name, codemod, { paths, cwd, write, allowDirty, onProgress });
}
