/** Where a file uses legacy exports, and in which role. */
import { ts } from 'ts-morph';
import type { Binding, Bindings } from './bindings.ts';
import type { Lookup } from './lookup.ts';
import { bindingOf, type ExportPlace, exportPlace } from './places.ts';
import type { LegacyExport } from './program.ts';
import { type Role, roleOf } from './roles.ts';
import { accessOf, leftOf, visit } from './syntax.ts';

export type Use = {
  readonly legacy: LegacyExport;
  readonly role: Role;
  /** The identifier of the export, or the string in `L['X']`. */
  readonly node: ts.Node;
  /** All of `L.X`; `node` itself where nothing leads to it. */
  readonly head: ts.Node;
  /** The identifiers that lead to it: `L` in `L.X`. */
  readonly through: readonly ts.Identifier[];
  readonly binding: Binding | null;
};

export type Uses = {
  readonly all: readonly Use[];
  /** Names of barrel namespaces where they are used for something that is not legacy. */
  readonly unrelated: ReadonlySet<Binding>;
};

export function findUses(file: ts.SourceFile, bindings: Bindings, lookup: Lookup): Uses {
  const ownNames = new Set<ts.Node>(bindings.all.flatMap(({ names }) => names));
  const texts = new Set([...lookup.names, ...bindings.all.flatMap(({ names }) => names.map(({ text }) => text))]);
  const found: Use[] = [];
  const namespaces: { readonly node: ts.Node; readonly binding: Binding }[] = [];
  visit(file, (node) => {
    const isName = ts.isIdentifier(node) || (ts.isStringLiteralLike(node) && accessOf(node) !== null);
    // Asking the checker is what costs here, and most names cannot be meant.
    if (!isName || !mayBeMeant(node, texts) || ownNames.has(node)) return;
    const place = exportPlace(node, bindings, lookup);
    const binding = place === null && ts.isIdentifier(node) ? bindingOf(node, bindings, lookup) : null;
    if (place !== null) found.push(toUse(node, place));
    if (binding !== null) namespaces.push({ node, binding });
  });
  const through = new Set<ts.Node>(found.flatMap((use) => use.through));
  const alone = namespaces.filter(({ node }) => !through.has(node));
  const ofBarrels = alone.filter(({ binding }) => 'barrel' in binding.named);
  return {
    all: [...found, ...alone.flatMap(({ node, binding }) => namespaceUse(node, binding))],
    unrelated: new Set(ofBarrels.map(({ binding }) => binding)),
  };
}

/** A name that is known, or any member of something that is. */
function mayBeMeant(node: ts.Identifier | ts.StringLiteralLike, texts: ReadonlySet<string>): boolean {
  if (texts.has(node.text)) return true;
  const access = accessOf(node);
  const left = access === null ? null : leftOf(access);
  return left !== null && ts.isIdentifier(left) && texts.has(left.text);
}

function namespaceUse(node: ts.Node, binding: Binding): readonly Use[] {
  if ('barrel' in binding.named) return [];
  return [{ legacy: binding.named, role: roleOf(node), node, head: node, through: [], binding }];
}

function toUse(node: ts.Node, { named: legacy, binding, through }: ExportPlace): Use {
  const head = headOf(node);
  return { legacy, role: roleOf(head), node, head, through, binding };
}

function headOf(node: ts.Node): ts.Node {
  const access = accessOf(node);
  if (access !== null) return access;
  // import('...').X
  return ts.isImportTypeNode(node.parent) && node.parent.qualifier === node ? node.parent : node;
}
