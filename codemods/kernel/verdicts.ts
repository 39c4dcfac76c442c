/** What becomes of each kind of export in each role: a rewrite, or the rule by which it is reported. */
import { ts } from 'ts-morph';
import type { Edit } from '../contract.ts';
import { type ExportKind, exportKind } from './module.ts';
import { rewriteConstruction } from './rewrites/constructions.ts';
import { rewriteEnumMember, rewriteEnumType } from './rewrites/enums.ts';
import { rewriteErrorTest } from './rewrites/errors.ts';
import { type Rewrite, report, type Style, type Verdict } from './rewrites/rewrite.ts';
import { rewriteResultType, rewriteType } from './rewrites/types.ts';
import type { Role } from './roles.ts';
import type { RuleId } from './rules.ts';
import type { Use } from './uses.ts';

type Row = Readonly<Record<Role, Rewrite | RuleId>>;

function everywhere(rule: RuleId): Row {
  return {
    construct: rule,
    call: rule,
    type: rule,
    result_type: rule,
    type_query: rule,
    member: rule,
    instanceof: rule,
    extends: rule,
    export: 're-export',
    doc: rule,
    value: rule,
  };
}

const VERDICTS = {
  class: {
    construct: rewriteConstruction,
    call: 'class-as-value',
    type: rewriteType,
    result_type: rewriteResultType,
    type_query: 'class-type-query',
    member: 'static-member',
    instanceof: 'instanceof',
    extends: 'subclass',
    export: 're-export',
    doc: 'doc-mention',
    value: 'class-as-value',
  },
  create: {
    ...everywhere('factory-as-value'),
    call: rewriteConstruction,
    result_type: rewriteResultType,
    doc: 'doc-mention',
  },
  shared: { ...everywhere('shared-instance'), result_type: rewriteResultType, doc: 'doc-mention' },
  enum: { ...everywhere('enum-as-value'), member: rewriteEnumMember, type: rewriteEnumType, doc: 'doc-mention' },
  error: { ...everywhere('error-class'), instanceof: rewriteErrorTest, doc: 'doc-mention' },
  module: { ...everywhere('namespace-as-value'), type_query: 'module-type' },
  unknown: everywhere('unknown-export'),
} as const satisfies Readonly<Record<ExportKind, Row>>;

export function verdictOf(use: Use): Verdict {
  const unreachable = unreachableRule(use);
  if (unreachable !== null) return report(unreachable);
  const verdict = VERDICTS[exportKind(use.legacy.module, use.legacy.name)][use.role];
  const made = typeof verdict === 'string' ? report(verdict) : verdict(use);
  return 'edits' in made && losesComment(made.edits(PROBE), use.head.getSourceFile().text) ? report('unsure') : made;
}

/** Why nothing can be made of a use, whatever its role: it comes by a way that cannot be rewritten. */
function unreachableRule({ binding, head, role }: Use): RuleId | null {
  if (role === 'export') return null;
  if (binding !== null) return binding.blocked;
  if (ts.isImportTypeNode(head) || role === 'doc') return null;
  return ts.findAncestor(head, isAugmentation) === undefined ? 'inline-load' : 'module-augmentation';
}

function isAugmentation(node: ts.Node): boolean {
  return ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name);
}

/** Edits for a look at what they replace, before anything is known of names. */
const PROBE: Style = { quote: "'", isSpaced: true, local: ({ name }) => name };

function losesComment(edits: readonly Edit[], text: string): boolean {
  return edits.some(({ start, end }) => /\/[*/]/.test(text.slice(start, end).replace(/(["'`]).*?\1/g, '')));
}
