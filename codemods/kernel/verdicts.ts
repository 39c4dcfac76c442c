/** What becomes of each kind of export in each role: a rewrite, or the rule by which it is reported. */
import { ts } from 'ts-morph';
import { type ExportKind, exportKind } from './module.ts';
import { rewriteConstruction } from './rewrites/constructions.ts';
import { rewriteEnumMember, rewriteEnumType } from './rewrites/enums.ts';
import { rewriteErrorTest } from './rewrites/errors.ts';
import { type Rewrite, report, type Verdict } from './rewrites/rewrite.ts';
import { rewriteResultType, rewriteType } from './rewrites/types.ts';
import type { RuleId } from './rules.ts';
import type { Role, Use } from './uses.ts';

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
  const blocked = use.binding?.blocked ?? null;
  if (blocked !== null && use.role !== 'export') return report(blocked);
  if (use.binding === null && !standsAlone(use)) return report('inline-load');
  const verdict = VERDICTS[exportKind(use.legacy.module, use.legacy.name)][use.role];
  return typeof verdict === 'string' ? report(verdict) : verdict(use);
}

/** Whether a use without a name of its own in the file can be rewritten, or is reported as what it is. */
function standsAlone({ head, role }: Use): boolean {
  return role === 'export' || role === 'doc' || ts.isImportTypeNode(head);
}
