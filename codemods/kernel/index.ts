/**
 * The codemod `kernel`: callers of legacy orchestrators construct a kernel with plugins instead. This file knows no
 * TypeScript; what does is loaded only when there is a file to look at.
 */
import { basename, resolve } from 'node:path';
import { BanyanError } from '../../src/contract/errors.ts';
import type { Codemod } from '../contract.ts';
import { withoutExtension } from '../engine/paths.ts';
import { escaped } from '../engine/pattern.ts';
import type { LegacyModule } from './module.ts';
import { LEGACY_FOLDERS, LEGACY_MODULES } from './modules.ts';

export type KernelOptions = {
  readonly cwd: string;
  /** Further specifiers, or paths of files, that are a legacy module: each to its type. */
  readonly modules?: Readonly<Record<string, string>>;
  /** In the place of the built-in table: for tests of the engine. */
  readonly table?: readonly LegacyModule[];
};

export function createKernelCodemod({ cwd, modules: given = {}, table }: KernelOptions): Codemod {
  const modules: readonly LegacyModule[] = table ?? Object.values(LEGACY_MODULES);
  const told = toldModules(given, modules, cwd);
  const names = [...modules.map(({ path }) => path), ...told.keys()].map((path) => basename(path));
  const pattern = closerLook(names);
  return {
    summary: 'Callers of legacy orchestrators construct a kernel with plugins instead.',
    needles: [...names, ...LEGACY_FOLDERS],
    concerns: (text) => pattern.test(text),
    load: async () => {
      const { analyse } = await import('./analyse.ts');
      return (workspace, hits) => analyse({ modules, told }, workspace, hits);
    },
  };
}

/** @throws {BanyanError} BAD_INPUT for a type that the codemod does not know */
function toldModules(
  given: Readonly<Record<string, string>>,
  modules: readonly LegacyModule[],
  cwd: string,
): ReadonlyMap<string, LegacyModule> {
  return new Map(
    Object.entries(given).map(([specifier, type]) => {
      const module = modules.find((candidate) => candidate.type === type);
      if (module !== undefined)
        return [/^[./]/.test(specifier) ? withoutExtension(resolve(cwd, specifier)) : specifier, module];
      const known = modules.map((candidate) => candidate.type).join(', ');
      throw new BanyanError('BAD_INPUT', `${specifier}=${type}: expected one of ${known}`);
    }),
  );
}

/** Module names where a specifier ends, the roots of the legacy package, and specifiers that are put together. */
function closerLook(names: readonly string[]): RegExp {
  const name = `[/"'\`](?:${names.map(escaped).join('|')})(?:\\.[cm]?[jt]sx?)?["'\`]`;
  const folder = `(?:${LEGACY_FOLDERS.map(escaped).join('|')})(?:/index(?:\\.\\w+)?|/)?(?:["'\`]|\\$\\{)`;
  return new RegExp(`${name}|${folder}`);
}
