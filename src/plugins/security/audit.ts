import { hash } from 'node:crypto';
import type { z } from 'zod';
import { hit } from '../parts/bounded.ts';
import { redactedJson, redactText } from './secrets.ts';
import type { AuditEntry, auditInput, Category, verification, verifyInput } from './shapes.ts';
import { BOUNDS, type Context, type SecurityState } from './state.ts';

/** Entries that go at once when the log is full: dropping one by one would move all the others each time. */
const DROPPED_AT_ONCE = 256;

/** What an entry may leave open. */
type Open =
  | 'principal'
  | 'by'
  | 'agentId'
  | 'taskId'
  | 'resource'
  | 'source'
  | 'permission'
  | 'decision'
  | 'durationMs';

type Facts = Pick<AuditEntry, 'category' | 'action' | 'success'> & {
  readonly [F in Open]?: AuditEntry[F] | undefined;
} & { readonly error?: string | null | undefined; readonly detail?: unknown };

/** Adds an entry to the chain. */
export function record(facts: Facts, { state, now }: Context): AuditEntry {
  const { entries } = state.audit;
  const { sequence: last, hash: previous } = headOf(state);
  const sequence = last + 1;
  const entry: AuditEntry = {
    sequence,
    id: `audit-${sequence}`,
    atMs: now(),
    category: facts.category,
    action: facts.action,
    success: facts.success,
    principal: facts.principal ?? null,
    by: facts.by ?? null,
    agentId: facts.agentId ?? null,
    taskId: facts.taskId ?? null,
    resource: facts.resource ?? null,
    source: facts.source ?? null,
    permission: facts.permission ?? null,
    decision: facts.decision ?? null,
    durationMs: facts.durationMs ?? null,
    error: typeof facts.error === 'string' ? redactText(facts.error) : null,
    detail: redactedJson(facts.detail),
    previous,
    hash: '',
  };
  entry.hash = hashOf(entry);
  entries.push(entry);
  if (entries.length > BOUNDS.auditMax) drop(state);
  return entry;
}

function drop({ audit, limitsHit }: SecurityState): void {
  const last = audit.entries.splice(0, DROPPED_AT_ONCE).at(-1);
  if (last !== undefined) audit.anchor = { sequence: last.sequence, hash: last.hash };
  hit(limitsHit, 'auditMax', DROPPED_AT_ONCE);
}

/** For callers, who know no categories. */
export function recordAction(input: z.output<typeof auditInput>, context: Context): AuditEntry {
  const { request, response, category = categoryOf(input.action), ...facts } = input;
  const detail = request === undefined && response === undefined ? undefined : { request, response };
  return record({ ...facts, category, detail }, context);
}

/** The newest link of the chain. */
export function headOf({ audit }: SecurityState): { sequence: number; hash: string } {
  const { sequence, hash } = audit.entries.at(-1) ?? audit.anchor;
  return { sequence, hash };
}

type Verification = z.output<typeof verification>;

/** Follows the chain from the oldest link that is kept to the newest. */
export function verifyChain({ audit, ...state }: SecurityState, input?: z.output<typeof verifyInput>): Verification {
  const head = headOf({ audit, ...state });
  const broken = firstBreak({ audit, ...state }) ?? missingLink({ audit, ...state }, input?.noted);
  const checked = broken === null ? audit.entries.length : Math.max(0, broken.sequence - audit.anchor.sequence - 1);
  return {
    intact: broken === null,
    problem: broken?.problem ?? null,
    sequence: broken?.sequence ?? null,
    checked,
    head,
  };
}

type Break = { readonly sequence: number; readonly problem: string };

function firstBreak({ audit }: SecurityState): Break | null {
  let { sequence, hash: previous } = audit.anchor;
  for (const entry of audit.entries) {
    sequence++;
    if (entry.sequence !== sequence)
      return { sequence, problem: 'an entry is missing, or another stands in its place' };
    if (entry.previous !== previous) return { sequence, problem: 'it does not follow from the entry before it' };
    if (entry.hash !== hashOf(entry)) return { sequence, problem: 'it was changed after it was written' };
    previous = entry.hash;
  }
  return null;
}

/** A noted link that was dropped meanwhile can no longer be looked for. */
function missingLink({ audit }: SecurityState, noted: { sequence: number; hash: string } | undefined): Break | null {
  if (noted === undefined || noted.sequence < audit.anchor.sequence) return null;
  const link =
    noted.sequence === audit.anchor.sequence ? audit.anchor : audit.entries[noted.sequence - audit.anchor.sequence - 1];
  if (link?.hash === noted.hash) return null;
  return { sequence: noted.sequence, problem: 'the link that was noted is not in the chain: the log was rewritten' };
}

const HASHED = [
  'sequence',
  'id',
  'atMs',
  'category',
  'action',
  'success',
  'principal',
  'by',
  'agentId',
  'taskId',
  'resource',
  'source',
  'permission',
  'decision',
  'durationMs',
  'error',
  'detail',
  'previous',
] as const satisfies readonly (keyof AuditEntry)[];

function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return hash('sha256', JSON.stringify(HASHED.map((field) => entry[field])));
}

/** The first that fits. `authorize` stands before `auth`, which is part of it. */
const WORDS: readonly (readonly [Category, readonly string[]])[] = [
  ['authorization', ['authoriz', 'permission']],
  ['authentication', ['auth', 'login']],
  ['privilege_escalation', ['privilege', 'escalate']],
  ['data_access', ['read', 'get', 'view']],
  ['user_management', ['user', 'role']],
  ['system_administration', ['admin', 'spawn', 'shutdown']],
  ['configuration_change', ['config']],
  ['data_modification', ['create', 'update', 'delete', 'write']],
];

function categoryOf(action: string): Category {
  const text = action.toLowerCase();
  return WORDS.find(([, words]) => words.some((word) => text.includes(word)))?.[0] ?? 'data_access';
}
