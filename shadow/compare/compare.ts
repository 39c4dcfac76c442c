import type {
  Difference,
  FailureReason,
  NotComparableReason,
  Observation,
  Outcome,
  Verdict,
} from '../../src/contract/calls.ts';
import { compareBodies } from './bodies.ts';
import { mediaType } from './content.ts';
import { Differences } from './differences.ts';
import type { Pairing } from './ids.ts';
import { COMPARE_LIMITS, type CompareLimits, GiveUp } from './limits.ts';
import { Place } from './place.ts';
import { render } from './render.ts';
import type { CompiledRules } from './rules.ts';

/** What became of comparing one call's two observations. */
export type Comparison = {
  readonly verdict: Verdict;
  /** Set when, and only when, the verdict is `not_comparable`. */
  readonly reason: NotComparableReason | null;
  /** The first difference of each signature, unexplained ones first; at most `differencesMax`. */
  readonly differences: readonly Difference[];
  /** All places that differ. */
  readonly differencesTotal: number;
};

/**
 * Compares how two sides ended one call: outcome against outcome, then status, content type and body. Pure,
 * bounded by `limits`, and without a throw for anything that a side may answer.
 */
export function compare(
  primary: Observation,
  candidate: Observation,
  rules: CompiledRules,
  pairing: Pairing,
  limits: CompareLimits = COMPARE_LIMITS,
): Comparison {
  const found = new Differences(limits.differencesMax);
  try {
    return conclude(found, compareOutcomes(primary.outcome, candidate.outcome, rules, pairing, limits, found));
  } catch (error) {
    if (error instanceof GiveUp) return conclude(found, error.reason);
    throw error;
  }
}

/** A difference that was found counts, even where the rest could not be compared. */
function conclude(found: Differences, reason: NotComparableReason | null): Comparison {
  const differences = { differences: found.list(), differencesTotal: found.total };
  if (found.unexplained > 0) return { verdict: 'mismatch', reason: null, ...differences };
  if (reason !== null) return { verdict: 'not_comparable', reason, ...differences };
  return { verdict: found.total > 0 ? 'explained' : 'match', reason: null, ...differences };
}

function compareOutcomes(
  primary: Outcome,
  candidate: Outcome,
  rules: CompiledRules,
  pairing: Pairing,
  limits: CompareLimits,
  found: Differences,
): NotComparableReason | null {
  if (isOurs(primary)) return 'primary_failed';
  if (isOurs(candidate)) return 'candidate_failed';
  if (primary.kind === 'answer' && candidate.kind === 'answer') {
    return compareAnswers(primary, candidate, rules, pairing, limits, found);
  }
  const [before, after] = [outcomeText(primary), outcomeText(candidate)];
  if (before !== after) note(found, 'outcome', before, after);
  return null;
}

/** Failures that the gateway made itself: they say nothing about the side. */
const OURS: ReadonlySet<FailureReason> = new Set<FailureReason>(['aborted', 'overloaded']);

function isOurs(outcome: Outcome): boolean {
  return outcome.kind === 'failure' && OURS.has(outcome.reason);
}

function outcomeText(outcome: Outcome): string {
  return outcome.kind === 'answer' ? `answered ${outcome.status}` : outcome.reason;
}

type Answer = Extract<Outcome, { kind: 'answer' }>;

function compareAnswers(
  primary: Answer,
  candidate: Answer,
  rules: CompiledRules,
  pairing: Pairing,
  limits: CompareLimits,
  found: Differences,
): NotComparableReason | null {
  if (primary.status !== candidate.status) note(found, 'status', String(primary.status), String(candidate.status));
  // An answer and an error have nothing in common but noise.
  if (Math.trunc(primary.status / 100) !== Math.trunc(candidate.status / 100)) return null;
  const [before, after] = [mediaType(primary.headers), mediaType(candidate.headers)];
  if (before !== after) note(found, 'content_type', render(before), render(after));
  if (rules.root.ignore) return null;
  if (primary.body === null) return 'primary_too_large';
  if (candidate.body === null) return 'candidate_too_large';
  const ours = { headers: primary.headers, bytes: primary.body };
  compareBodies(ours, { headers: candidate.headers, bytes: candidate.body }, rules, pairing, limits, found);
  return null;
}

function note(
  found: Differences,
  kind: 'outcome' | 'status' | 'content_type',
  primary: string,
  candidate: string,
): void {
  found.add(kind, Place.root(), null, () => [primary, candidate]);
}
