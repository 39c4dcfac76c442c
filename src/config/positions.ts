import { type Document, isAlias, isMap, isSeq, type Node } from 'yaml';
import { keyText } from './plain.ts';
import type { Objection, Path } from './problems.ts';

/**
 * Finds the offset in the text of the key or value at a path. Where the path leads to nothing (a key is
 * missing), the key of the nearest parent that is there.
 */
export function offsetsOf(document: Document.Parsed): (path: Path, part: Objection['part']) => number {
  const indexes = new WeakMap<Node, Index>();
  const indexOf = (node: Node): Index => {
    const index = indexes.get(node) ?? children(node);
    indexes.set(node, index);
    return index;
  };
  return (path, part) => {
    let entry: Entry = { key: null, value: document.contents };
    for (const key of path) {
      const parent: Node | null = isAlias(entry.value) ? (entry.value.resolve(document) ?? null) : entry.value;
      const next: Entry | undefined = parent === null ? undefined : indexOf(parent).get(key);
      if (next === undefined) return startOf(entry.key ?? entry.value);
      entry = next;
    }
    return startOf(part === 'key' ? (entry.key ?? entry.value) : (entry.value ?? entry.key));
  };
}

type Entry = { readonly key: Node | null; readonly value: Node | null };
type Index = ReadonlyMap<string | number, Entry>;

/** The first of duplicate keys stands, as in the values. */
function children(node: Node): Index {
  const index = new Map<string | number, Entry>();
  if (isMap(node))
    for (const pair of node.items) {
      const key = keyText(pair.key);
      if (key !== null && !index.has(key)) index.set(key, { key: pair.key as Node, value: pair.value as Node | null });
    }
  if (isSeq(node))
    for (const [at, item] of node.items.entries()) index.set(at, { key: null, value: item as Node | null });
  return index;
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
