import type { z } from 'zod';
import { closest } from './closest.ts';
import { didYouMean, got, type Objection, type Path, quote } from './problems.ts';
import { configJsonSchema, type JsonSchema } from './schema-json.ts';

type Issue = z.core.$ZodIssue;

/** What zod found, as `expected ..., got ...` with the path it is about. */
export function objectionsTo(root: unknown, issues: readonly Issue[]): readonly Objection[] {
  return issues.flatMap((issue) => objectionsOf(issue, root));
}

/**
 * One mistake is one problem: a key that is missing because it is misspelt is not missed, and a mapping that
 * lacks something is not objected to where one of its keys is.
 */
export function withoutEchoes(objections: readonly Objection[]): readonly Objection[] {
  const meant = new Set<string>();
  const misnamed = new Set<string>();
  for (const { path, part, meant: key } of objections) {
    if (part === 'key') misnamed.add(JSON.stringify(path.slice(0, -1)));
    if (key !== undefined) meant.add(JSON.stringify([...path.slice(0, -1), key]));
  }
  return objections.filter(({ path, part, missing }) => {
    const place = JSON.stringify(path);
    return part === 'key' || (missing === true ? !meant.has(place) : !misnamed.has(place));
  });
}

function objectionsOf(issue: Issue, root: unknown): readonly Objection[] {
  const path = issue.path as Path;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key], key));
    case 'invalid_union':
      return unionObjections(issue, root);
    case 'invalid_key':
      return [{ path, part: 'key', message: `expected ${issue.issues[0]?.message}, ${got(path, path.at(-1))}` }];
    case 'invalid_value':
      return [wrongValue(path, issue.message, root, issue.values.map(String))];
    default:
      return [wrongValue(path, issue.message, root, [])];
  }
}

/** The branch that the value has the shape of speaks; where there is none, the union itself. */
function unionObjections(issue: Extract<Issue, { code: 'invalid_union' }>, root: unknown): readonly Objection[] {
  const fitting = issue.errors.find((branch) =>
    branch.every((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
  );
  if (fitting === undefined) return [wrongValue(issue.path as Path, issue.message, root, [])];
  return fitting.flatMap((inner) => objectionsOf({ ...inner, path: [...issue.path, ...inner.path] }, root));
}

function wrongValue(path: Path, expected: string, root: unknown, candidates: readonly string[]): Objection {
  const value = valueAt(root, path);
  const suggestion = typeof value === 'string' ? closest(value, candidates) : null;
  const message = `expected ${expected}, ${got(path, value)}${didYouMean(suggestion)}`;
  return { path, part: 'value', message, missing: value === undefined };
}

function unknownKey(path: Path, key: string): Objection {
  const keys = keysAt(path.slice(0, -1));
  const meant = closest(key, keys);
  const message = `expected one of the keys ${keys.join(', ')}, got ${quote(key)}${didYouMean(meant)}`;
  return { path, part: 'key', message, ...(meant === null ? {} : { meant }) };
}

function keysAt(path: Path): readonly string[] {
  let schema: JsonSchema | undefined = configJsonSchema();
  for (const key of path) schema = typeof key === 'number' ? schema?.items : childOf(schema, key);
  return Object.keys(propertiesOf(schema));
}

/** A union's are those of its one branch that is a mapping. */
function propertiesOf(schema: JsonSchema | undefined): Readonly<Record<string, JsonSchema>> {
  return schema?.properties ?? schema?.anyOf?.find(({ properties }) => properties !== undefined)?.properties ?? {};
}

function childOf(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, key)) return properties[key];
  return schema?.additionalProperties === false ? undefined : schema?.additionalProperties;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
