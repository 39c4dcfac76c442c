/** Local names for what rewritten code imports, such that no name of the file is taken or shadowed. */
import { ts } from 'ts-morph';
import type { Need } from './needs.ts';
import { visit } from './syntax.ts';

export type LocalNames = {
  /** The name to use, and whether the file imports it already. */
  readonly take: (need: Need) => LocalName;
};

export type LocalName = { readonly name: string; readonly isImported: boolean };

/** Whether the file itself declares the name, in whatever scope. */
export function declares(file: ts.SourceFile, name: string): boolean {
  return namesIn(file).declared.has(name);
}

export function createLocalNames(file: ts.SourceFile): LocalNames {
  const { taken: takenAtFirst, declaredOften } = namesIn(file);
  const taken = new Set(takenAtFirst);
  const imported = importedNames(file);
  return {
    take: (need) => {
      const existing = imported.get(`${need.from} ${need.name}`);
      // Another declaration of the name would hide the import from some of the file.
      if (existing !== undefined && (need.isType || !existing.isType) && !declaredOften.has(existing.local)) {
        return { name: existing.local, isImported: true };
      }
      const name = free(need.name, taken);
      taken.add(name);
      return { name, isImported: false };
    },
  };
}

function free(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let number = 1; taken.has(candidate); number += 1) candidate = `${name}_${number}`;
  return candidate;
}

type Imported = { readonly local: string; readonly isType: boolean };

function importedNames(file: ts.SourceFile): ReadonlyMap<string, Imported> {
  const found = new Map<string, Imported>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const named = statement.importClause?.namedBindings;
    if (named === undefined || !ts.isNamedImports(named)) continue;
    const isTypeOnly = statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    for (const { name, propertyName, isTypeOnly: isType } of named.elements) {
      const key = `${statement.moduleSpecifier.text} ${(propertyName ?? name).text}`;
      found.set(key, { local: name.text, isType: isTypeOnly || isType });
    }
  }
  return found;
}

type Names = {
  readonly taken: ReadonlySet<string>;
  readonly declared: ReadonlySet<string>;
  readonly declaredOften: ReadonlySet<string>;
};

const namesByFile = new WeakMap<ts.SourceFile, Names>();

function namesIn(file: ts.SourceFile): Names {
  const known = namesByFile.get(file);
  if (known !== undefined) return known;
  const found = collectNames(file);
  namesByFile.set(file, found);
  return found;
}

function collectNames(file: ts.SourceFile): Names {
  const taken = new Set<string>();
  const declared = new Set<string>();
  const declaredOften = new Set<string>();
  visit(file, (node) => {
    if (!ts.isIdentifier(node) || isMemberName(node)) return;
    taken.add(node.text);
    if (!isDeclared(node)) return;
    if (declared.has(node.text)) declaredOften.add(node.text);
    declared.add(node.text);
  });
  return { taken, declared, declaredOften };
}

/** Names that are looked up in an object, a module or a comment, never in a scope. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  const isRenamed = ts.isImportSpecifier(parent) || ts.isBindingElement(parent) || ts.isExportSpecifier(parent);
  if (isRenamed && parent.propertyName !== undefined) {
    return ts.isExportSpecifier(parent) ? parent.name === node : parent.propertyName === node;
  }
  const isMember = ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent);
  return isMember && parent.name === node;
}

function isDeclared(node: ts.Identifier): boolean {
  const { parent } = node;
  const isDeclaration =
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent) ||
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isInterfaceDeclaration(parent) ||
    ts.isTypeAliasDeclaration(parent) ||
    ts.isEnumDeclaration(parent) ||
    ts.isModuleDeclaration(parent) ||
    ts.isTypeParameterDeclaration(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isImportEqualsDeclaration(parent);
  return isDeclaration && parent.name === node;
}
