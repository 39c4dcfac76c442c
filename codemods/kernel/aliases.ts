/** Path aliases: `paths` and `baseUrl` of the nearest tsconfig.json or jsconfig.json, `imports` of package.json. */
import { dirname, join, resolve } from 'node:path';
import { ts } from 'ts-morph';

/** The absolute paths, without extension, that an alias may stand for; none when the specifier is no alias. */
export type Aliases = (specifier: string, importer: string) => readonly string[];

/** `@/*` → the absolute patterns it stands for. */
type Alias = { readonly pattern: string; readonly targets: readonly string[] };

type ReadText = (path: string) => string | null;

const EXTENDS_MAX = 16;

export function createAliases(read: ReadText): Aliases {
  const byFolder = new Map<string, readonly Alias[]>();
  const ofFolder = (folder: string): readonly Alias[] => {
    const known = byFolder.get(folder);
    if (known !== undefined) return known;
    const parent = dirname(folder);
    const own = readAliases(folder, read);
    const all = own ?? (parent === folder ? [] : ofFolder(parent));
    byFolder.set(folder, all);
    return all;
  };
  return (specifier, importer) => ofFolder(dirname(importer)).flatMap((alias) => expand(alias, specifier));
}

function expand({ pattern, targets }: Alias, specifier: string): readonly string[] {
  const star = pattern.indexOf('*');
  if (star === -1) return pattern === specifier ? targets : [];
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const matches =
    specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after);
  if (!matches) return [];
  const middle = specifier.slice(before.length, specifier.length - after.length);
  return targets.map((target) => target.replace('*', () => middle));
}

/** `null`: the folder says nothing of aliases, so the one above it decides. */
function readAliases(folder: string, read: ReadText): readonly Alias[] | null {
  const imports = packageImports(folder, read);
  for (const name of ['tsconfig.json', 'jsconfig.json']) {
    const config = join(folder, name);
    if (read(config) !== null) return [...imports, ...compilerPaths(config, read, EXTENDS_MAX)];
  }
  return imports.length > 0 ? imports : null;
}

function compilerPaths(config: string, read: ReadText, extendsLeft: number): readonly Alias[] {
  const parsed = parseObject(config, read(config));
  const folder = dirname(config);
  const { baseUrl, paths } = objectAt(parsed, 'compilerOptions');
  const base = typeof baseUrl === 'string' ? resolve(folder, baseUrl) : null;
  const own = isObject(paths) ? toAliases(paths, base ?? folder) : [];
  const inherited = extendsLeft > 0 ? extended(parsed).flatMap((name) => inherit(name, folder, read, extendsLeft)) : [];
  // Options of the extending file replace those of the extended one.
  const effective = own.length > 0 ? own : inherited;
  return base === null ? effective : [...effective, { pattern: '*', targets: [join(base, '*')] }];
}

function extended({ extends: names }: Record<string, unknown>): readonly string[] {
  const list = Array.isArray(names) ? names : [names];
  return list.filter((name): name is string => typeof name === 'string' && name.startsWith('.')).reverse();
}

function inherit(name: string, folder: string, read: ReadText, extendsLeft: number): readonly Alias[] {
  const path = resolve(folder, name);
  const config = [path, `${path}.json`].find((candidate) => read(candidate) !== null);
  return config === undefined ? [] : compilerPaths(config, read, extendsLeft - 1);
}

function packageImports(folder: string, read: ReadText): readonly Alias[] {
  const path = join(folder, 'package.json');
  const text = read(path);
  return text === null ? [] : toAliases(objectAt(parseObject(path, text), 'imports'), folder);
}

function toAliases(table: Record<string, unknown>, base: string): readonly Alias[] {
  return Object.entries(table).map(([pattern, value]) => ({
    pattern,
    targets: [value]
      .flat()
      .filter((target) => typeof target === 'string')
      .map((target) => resolve(base, target)),
  }));
}

/** Comments and trailing commas are allowed; what does not parse has no aliases. */
function parseObject(path: string, text: string | null): Record<string, unknown> {
  const parsed: unknown = text === null ? {} : ts.parseConfigFileTextToJson(path, text).config;
  return isObject(parsed) ? parsed : {};
}

function objectAt(parent: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = parent[key];
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
