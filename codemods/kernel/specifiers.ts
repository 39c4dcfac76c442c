/** What a module specifier names: a legacy module, a file of the workspace, or neither. */
import { basename, dirname, join } from 'node:path';
import type { Workspace } from '../contract.ts';
import { withoutExtension } from '../engine/paths.ts';
import type { Aliases } from './aliases.ts';
import type { LegacyModule } from './module.ts';
import { LEGACY_FOLDER_NAME, LEGACY_FOLDERS } from './modules.ts';

export type Resolved =
  | { readonly kind: 'legacy'; readonly module: LegacyModule }
  /** Named like a legacy module, but not where one stands. */
  | { readonly kind: 'lookalike'; readonly module: LegacyModule }
  /** The root of the legacy package. */
  | { readonly kind: 'root' }
  | { readonly kind: 'file'; readonly path: string };

export type Resolve = (specifier: string, importer: string) => Resolved | null;

export type SpecifierFacts = {
  readonly modules: readonly LegacyModule[];
  /** Specifiers, and paths without extension, that are a legacy module besides those of the package. */
  readonly told: ReadonlyMap<string, LegacyModule>;
};

export function createResolve(facts: SpecifierFacts, workspace: Workspace, aliases: Aliases): Resolve {
  return (specifier, importer) => {
    const told = facts.told.get(specifier);
    if (told !== undefined) return { kind: 'legacy', module: told };
    const packaged = fromPackage(specifier, facts);
    if (packaged !== null) return packaged;
    for (const path of pathsOf(specifier, importer, aliases)) {
      const resolved = fromPath(path, facts, workspace);
      if (resolved !== null) return resolved;
    }
    return null;
  };
}

function fromPackage(specifier: string, { modules }: SpecifierFacts): Resolved | null {
  const bare = withoutExtension(specifier);
  const folder = LEGACY_FOLDERS.find((name) => bare === name || bare.startsWith(`${name}/`));
  if (folder === undefined) return null;
  const path = bare.slice(folder.length + 1);
  if (path === '' || path === 'index') return { kind: 'root' };
  const module = modules.find((candidate) => candidate.path === path);
  return module === undefined ? null : { kind: 'legacy', module };
}

function pathsOf(specifier: string, importer: string, aliases: Aliases): readonly string[] {
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return [join(dirname(importer), specifier)];
  return aliases(specifier, importer);
}

function fromPath(path: string, facts: SpecifierFacts, workspace: Workspace): Resolved | null {
  const told = facts.told.get(withoutExtension(path));
  if (told !== undefined) return { kind: 'legacy', module: told };
  const named = byPath(path, facts);
  if (named !== null && isNamesake(path, named.module, workspace)) return named;
  const file = fileAt(path, (candidate) => workspace.files.has(candidate));
  return file === null ? null : { kind: 'file', path: file };
}

/** A path that ends like that of a legacy module: with its folder, or with its last part alone. */
function byPath(path: string, { modules }: SpecifierFacts): Extract<Resolved, { kind: 'legacy' | 'lookalike' }> | null {
  const bare = withoutExtension(path);
  const module = modules.find((candidate) => bare.endsWith(`/${LEGACY_FOLDER_NAME}/${candidate.path}`));
  if (module !== undefined) return { kind: 'legacy', module };
  const namesake = modules.find((candidate) => basename(candidate.path) === basename(bare));
  return namesake === undefined ? null : { kind: 'lookalike', module: namesake };
}

/** A file of that name which does not declare the class is another module, or hands the legacy one on. */
function isNamesake(path: string, { className }: LegacyModule, workspace: Workspace): boolean {
  const file = fileAt(path, (candidate) => workspace.read(candidate) !== null);
  return file === null || new RegExp(`\\bclass\\s+${className}\\b`).test(workspace.read(file) ?? '');
}

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.d.ts'] as const;

/** What stands for a `.js` specifier in TypeScript sources. */
const SOURCES_OF: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.d.ts'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts', '.d.mts'],
  '.cjs': ['.cts', '.d.cts'],
};

function fileAt(path: string, isFile: (candidate: string) => boolean): string | null {
  const extension = /\.[cm]?jsx?$/.exec(path)?.[0] ?? '';
  const stem = path.slice(0, path.length - extension.length);
  const candidates = [
    path,
    ...(SOURCES_OF[extension] ?? []).map((source) => stem + source),
    ...EXTENSIONS.map((source) => path + source),
    ...EXTENSIONS.map((source) => join(path, `index${source}`)),
  ];
  return candidates.find(isFile) ?? null;
}
