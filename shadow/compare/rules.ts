import { BanyanError } from '../../src/contract/errors.ts';
import type { CompareRule } from '../../src/contract/wire.ts';
import { parsePointer } from '../../src/wire/places.ts';
import { RuleState } from './rule-state.ts';

/** Compare rules as an automaton: one step per key or index, however many rules there are. */
export type CompiledRules = { readonly root: RuleState };

/**
 * Rules only widen what counts as equal, so their order has no meaning and several may stand at one place.
 * @throws BanyanError BAD_CONFIG for an `at` that is no pointer, or has `**` before its end
 */
export function compileRules(rules: readonly CompareRule[]): CompiledRules {
  const trie = new Trie();
  for (const rule of rules) trie.insert(rule);
  return { root: stateOf([trie.root], new Map()) };
}

type TrieNode = {
  readonly id: number;
  readonly literals: Map<string, TrieNode>;
  /** Behind `*`. */
  any: TrieNode | null;
  /** Behind `**`. */
  below: TrieNode | null;
  /** Stands for all below its parent: every step leads back to it. */
  readonly repeats: boolean;
  readonly rules: CompareRule[];
};

class Trie {
  #size = 0;
  readonly root = this.#node(false);

  insert(rule: CompareRule): void {
    const segments = pointerOf(rule);
    if (segments.indexOf('**') < segments.length - 1 && segments.includes('**')) {
      throw badRule(rule, '"**" only as the last segment');
    }
    let node = this.root;
    for (const segment of segments) node = this.#child(node, segment);
    node.rules.push(rule);
  }

  #child(node: TrieNode, segment: string): TrieNode {
    if (segment === '**') {
      node.below ??= this.#node(true);
      return node.below;
    }
    if (segment === '*') {
      node.any ??= this.#node(false);
      return node.any;
    }
    const child = node.literals.get(segment) ?? this.#node(false);
    node.literals.set(segment, child);
    return child;
  }

  #node(repeats: boolean): TrieNode {
    this.#size += 1;
    return { id: this.#size, literals: new Map(), any: null, below: null, repeats, rules: [] };
  }
}

function pointerOf(rule: CompareRule): readonly string[] {
  try {
    return parsePointer(rule.at);
  } catch (error) {
    if (error instanceof RangeError) throw badRule(rule, 'a JSON Pointer such as /result/*/id');
    throw error;
  }
}

function badRule(rule: CompareRule, expected: string): BanyanError {
  return new BanyanError('BAD_CONFIG', `compare rule at ${JSON.stringify(rule.at)}: expected ${expected}`);
}

/**
 * The state of a set of trie nodes, made when it is first reached. The same set gives the same state, so
 * there are no more states than places that the rules tell apart.
 */
function stateOf(nodes: readonly TrieNode[], made: Map<string, RuleState>): RuleState {
  const name = nodes.map((node) => node.id).join(' ');
  const known = made.get(name);
  if (known !== undefined) return known;
  const keys = new Set(nodes.flatMap((node) => [...node.literals.keys()]));
  const named = new Map([...keys].map((key) => [key, once(() => stateOf(after(nodes, key), made))]));
  const rest = after(nodes, null);
  const otherwise = sameNodes(rest, nodes) ? null : once(() => stateOf(rest, made));
  const rules = nodes.flatMap((node) => node.rules);
  const state = new RuleState(rules, named, otherwise);
  made.set(name, state);
  return state;
}

/** Where a set of nodes leads with a key; `null`: a key that none of them names. */
function after(nodes: readonly TrieNode[], key: string | null): readonly TrieNode[] {
  const reached = new Set<TrieNode>();
  for (const node of nodes) {
    const literal = key === null ? null : (node.literals.get(key) ?? null);
    for (const next of [literal, node.any, node.below, node.repeats ? node : null]) {
      if (next !== null) reached.add(next);
    }
  }
  return [...reached].sort((a, b) => a.id - b.id);
}

function sameNodes(a: readonly TrieNode[], b: readonly TrieNode[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index]);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
