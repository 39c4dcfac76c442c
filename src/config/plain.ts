import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { got, type Path } from './problems.ts';

/** Something that the text may not hold, at an offset of the text. */
export type Refused = { readonly offset: number; readonly path: Path; readonly message: string };

const DEPTH_MAX = 32;
/** Follows of an alias. A config needs few; an alias bomb needs many. */
const ALIASES_MAX = 100;
/** Values, aliases followed: some 3000 operations. It also bounds what a file of garbage costs to complain about. */
const VALUES_MAX = 25_000;

/**
 * The values of a parsed document: mappings without a prototype, lists, texts, numbers, booleans, null.
 * `value` is `undefined` when parts of it could not be read, so that nothing can be said about the rest.
 */
export function plainValue(document: Document.Parsed): {
  readonly value: unknown;
  readonly refused: readonly Refused[];
} {
  const reading: Reading = { document, refused: [], open: new Set(), aliases: 0, values: 0, broken: false };
  const value = plain(document.contents, [], reading);
  return { value: reading.broken ? undefined : value, refused: reading.refused };
}

/** The text of a key as it was written (`1` and `"1"` are one key), or `null` when it is no text. */
export function keyText(key: unknown): string | null {
  return isScalar(key) && key.value !== null ? String(key.source ?? key.value) : null;
}

type Reading = {
  readonly document: Document.Parsed;
  readonly refused: Refused[];
  /** The collections that `plain` is inside of, to see an alias that contains itself. */
  readonly open: Set<Node>;
  aliases: number;
  values: number;
  /** Set when values are missing. */
  broken: boolean;
};

function plain(node: Node | null, path: Path, reading: Reading): unknown {
  if (reading.broken || node === null) return null;
  reading.values += 1;
  if (reading.values > VALUES_MAX) return breakOff(node, path, reading, `at most ${VALUES_MAX} values, got more`);
  if (path.length > DEPTH_MAX) return breakOff(node, path, reading, `at most ${DEPTH_MAX} levels, got more`);
  if (isAlias(node)) return plainAlias(node, path, reading);
  if (node.tag !== undefined) refuse(node, path, reading, `a value without a tag, ${got(path, node.tag)}`);
  if (isScalar(node)) return node.value;
  reading.open.add(node);
  const value = isMap(node) ? plainMap(node, path, reading) : isSeq(node) ? plainList(node.items, path, reading) : null;
  reading.open.delete(node);
  return value;
}

function plainAlias(alias: Alias, path: Path, reading: Reading): unknown {
  reading.aliases += 1;
  if (reading.aliases > ALIASES_MAX)
    return breakOff(alias, path, reading, `at most ${ALIASES_MAX} uses of aliases, got more`);
  const target = alias.resolve(reading.document);
  if (target === undefined)
    return breakOff(alias, path, reading, `an alias of an anchor above it, ${got(path, `*${alias.source}`)}`);
  if (reading.open.has(target))
    return breakOff(alias, path, reading, 'an alias outside its own anchor, got one inside');
  return plain(target, path, reading);
}

function plainList(items: readonly unknown[], path: Path, reading: Reading): readonly unknown[] {
  return items.map((item, index) => plain(item as Node | null, [...path, index], reading));
}

function plainMap(map: YAMLMap, path: Path, reading: Reading): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = Object.create(null);
  for (const pair of map.items) {
    const key = plainKey(pair.key as Node | null, map, path, reading);
    if (key === null) continue;
    if (Object.hasOwn(values, key)) refuse(pair.key as Node, [...path, key], reading, 'each key once, got it again');
    else values[key] = plain(pair.value as Node | null, [...path, key], reading);
  }
  return values;
}

/** A key, or `null` for one that was refused. */
function plainKey(key: Node | null, map: Node, path: Path, reading: Reading): string | null {
  const text = keyText(key);
  if (text === null) refuse(key ?? map, path, reading, 'a text as key, got something else');
  else if (text === '<<') refuse(key ?? map, path, reading, 'a key, got "<<" (merge keys are not part of YAML 1.2)');
  else if (text === '__proto__') refuse(key ?? map, path, reading, 'a key of the config, got "__proto__"');
  else return text;
  return null;
}

function breakOff(node: Node, path: Path, reading: Reading, expected: string): undefined {
  refuse(node, path, reading, expected);
  reading.broken = true;
}

function refuse(node: Node, path: Path, reading: Reading, expected: string): void {
  reading.refused.push({ offset: node.range?.[0] ?? 0, path, message: `expected ${expected}` });
}
