import { record, verifyChain } from './audit.ts';
import { tellListeners } from './listeners.ts';
import { type AuditEntry, type Category, type ComplianceReport, category, type Framework } from './shapes.ts';
import { BOUNDS, type Context } from './state.ts';

/** What each kind of entry must say, and for how long it is to be kept. */
type Rule = {
  readonly rule: string;
  readonly says: string;
  readonly categories: readonly Category[];
  readonly fields: readonly (keyof AuditEntry)[];
  readonly retentionDays: number;
};

const ALL = category.options;
const YEAR = 365;

export const FRAMEWORKS = {
  soc2: [
    {
      rule: 'CC6.1',
      says: 'access is logged with who and from where',
      categories: ['authentication', 'authorization'],
      fields: ['principal', 'source'],
      retentionDays: YEAR,
    },
    {
      rule: 'CC6.2',
      says: 'access is given and changed by somebody who may',
      categories: ['privilege_escalation', 'user_management'],
      fields: ['principal', 'action', 'resource', 'by'],
      retentionDays: 7 * YEAR,
    },
    {
      rule: 'CC6.3',
      says: 'the network is watched',
      categories: ['security_incident', 'data_access'],
      fields: ['source', 'action'],
      retentionDays: YEAR,
    },
  ],
  iso27001: [
    {
      rule: 'A.12.4.1',
      says: 'events are logged with who did what',
      categories: ALL,
      fields: ['principal', 'action'],
      retentionDays: 7 * YEAR,
    },
    {
      rule: 'A.9.2.6',
      says: 'rights are reviewed',
      categories: ['authorization', 'privilege_escalation'],
      fields: ['principal', 'permission', 'decision'],
      retentionDays: 3 * YEAR,
    },
  ],
  nist: [
    {
      rule: 'AU-2',
      says: 'events are logged',
      categories: ALL,
      fields: ['action', 'principal'],
      retentionDays: 7 * YEAR,
    },
    {
      rule: 'AU-3',
      says: 'records say what, who, where from and on what',
      categories: ALL,
      fields: ['action', 'principal', 'source', 'resource'],
      retentionDays: 7 * YEAR,
    },
  ],
} as const satisfies Record<Framework, readonly Rule[]>;

type Period = { readonly framework: Framework; readonly fromMs: number; readonly toMs: number };

/** Holds the audit log against the rules of a framework. */
export function reportCompliance({ framework, fromMs, toMs }: Period, context: Context): ComplianceReport {
  const { state, now } = context;
  const entries = state.audit.entries.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const judged = FRAMEWORKS[framework].map((rule) => judgeRule(rule, entries));
  const rules = judged.map(({ violations: _violations, ...row }) => row);
  const violations = judged.flatMap((row) => row.violations);
  const facts = { covered: isCovered(fromMs, context), intact: verifyChain(state).intact };
  const report: ComplianceReport = {
    framework,
    fromMs,
    toMs,
    atMs: now(),
    score: mean(rules.flatMap(({ score }) => (score === null ? [] : [score]))),
    rules,
    violations: violations.slice(0, BOUNDS.violationsMax),
    violationsLeftOut: Math.max(0, violations.length - BOUNDS.violationsMax),
    ...facts,
    recommendations: [...rules.flatMap(adviceOn), ...adviceOnLog(facts)],
  };
  state.counts.complianceReports++;
  record({ category: 'data_access', action: 'compliance_report', success: true, resource: framework }, context);
  tellListeners('compliance', report, context);
  return report;
}

function judgeRule({ rule, says, categories, fields, retentionDays }: Rule, all: readonly AuditEntry[]) {
  const entries = all.filter(({ category }) => categories.includes(category));
  const missing = entries.map((entry) => ({ entry, missing: fields.filter((field) => entry[field] === null) }));
  const violations = missing
    .filter((one) => one.missing.length > 0)
    .map((one) => ({ rule, auditId: one.entry.id, missing: one.missing }));
  const compliant = entries.length - violations.length;
  const score = entries.length === 0 ? null : (100 * compliant) / entries.length;
  return { rule, says, entries: entries.length, compliant, score, retentionDays, violations };
}

/** What was dropped may be of the time asked for. */
function isCovered(fromMs: number, { state }: Context): boolean {
  const { anchor, entries } = state.audit;
  return anchor.sequence === 0 || (entries[0]?.atMs ?? Number.POSITIVE_INFINITY) < fromMs;
}

function adviceOn({ rule, says, score, entries, compliant }: ComplianceReport['rules'][number]): readonly string[] {
  if (score === null) return [`${rule} (${says}): nothing of its kind was recorded, so nothing can be shown`];
  if (score === 100) return [];
  return [`${rule} (${says}): ${entries - compliant} of ${entries} entries lack what it asks for; see the violations`];
}

function adviceOnLog({ covered, intact }: { readonly covered: boolean; readonly intact: boolean }): readonly string[] {
  return [
    ...(covered ? [] : ['the log no longer holds all of this time: take it out more often than it fills']),
    ...(intact ? [] : ['the chain of the log is broken: find out where with verifyAudit']),
  ];
}

function mean(scores: readonly number[]): number | null {
  return scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
