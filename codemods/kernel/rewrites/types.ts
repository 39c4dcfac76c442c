/** `X` as a type becomes `LegacyInterface<'x'>`. */
import { ts } from 'ts-morph';
import type { LegacyModule } from '../module.ts';
import { INTERFACE_TYPE } from '../needs.ts';
import { isInsideComment } from '../syntax.ts';
import type { Use } from '../uses.ts';
import { replace, report, type Style, type Verdict } from './rewrite.ts';

export function rewriteType(use: Use): Verdict {
  const { head } = use;
  if (hasTypeArguments(head)) return report('unsure');
  return ts.isImportTypeNode(head) ? interfaceFor(use, head) : interfaceFor(use, head, head.parent);
}

/** `InstanceType<typeof X>`, `ReturnType<typeof create_x>`. */
export function rewriteResultType(use: Use): Verdict {
  const query = ts.isImportTypeNode(use.head) ? use.head : use.head.parent;
  return interfaceFor(use, query.parent);
}

function interfaceFor(use: Use, replaced: ts.Node, annotation: ts.Node = replaced): Verdict {
  const { module } = use.legacy;
  if (isReadByDecorator(annotation)) return report('decorated-type');
  // Such a place can have no import of its own, or none that the file would otherwise have.
  if (ts.isImportTypeNode(use.head) || isInsideComment(replaced)) {
    return { needs: [], edits: ({ quote }) => [replace(replaced, inlineInterface(module, quote))] };
  }
  return { needs: [INTERFACE_TYPE], edits: (style) => [replace(replaced, interfaceText(module, style))] };
}

function interfaceText({ type }: LegacyModule, { local, quote }: Style): string {
  return `${local(INTERFACE_TYPE)}<${quote}${type}${quote}>`;
}

function inlineInterface({ type }: LegacyModule, quote: string): string {
  const { from, name } = INTERFACE_TYPE;
  return `import(${quote}${from}${quote}).${name}<${quote}${type}${quote}>`;
}

function hasTypeArguments(head: ts.Node): boolean {
  const holder = ts.isImportTypeNode(head) ? head : head.parent;
  const isHolder =
    ts.isTypeReferenceNode(holder) || ts.isExpressionWithTypeArguments(holder) || ts.isImportTypeNode(holder);
  return isHolder && holder.typeArguments !== undefined;
}

/** Compilers write the types of decorated classes and members into metadata, where containers look for classes. */
function isReadByDecorator(annotation: ts.Node): boolean {
  for (let node = annotation; !ts.isSourceFile(node); node = node.parent) {
    if (ts.isParameter(node) && (isDecorated(node) || isDecorated(node.parent) || isConstructorOfDecorated(node)))
      return true;
    if (ts.isClassElement(node)) return isDecorated(node);
    if (ts.isStatement(node)) return false;
  }
  return false;
}

function isConstructorOfDecorated({ parent }: ts.ParameterDeclaration): boolean {
  return ts.isConstructorDeclaration(parent) && isDecorated(parent.parent);
}

function isDecorated(node: ts.Node): boolean {
  return ts.canHaveDecorators(node) && (ts.getDecorators(node) ?? []).length > 0;
}
