import { type Comparison, compare, compileRules, type Pairing } from '../../../shadow/compare/index.ts';
import type { FailureReason, Observation, RawHeaders } from '../../../src/contract/calls.ts';
import type { CompareRule } from '../../../src/contract/wire.ts';

/** Observations for tests, from as little as a test cares about. */
export function answer(
  body: string | Uint8Array | null,
  options: { status?: number; headers?: RawHeaders } = {},
): Observation {
  const { status = 200, headers = ['Content-Type', 'application/json'] } = options;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { side: 'legacy', firstByteMs: 1, totalMs: 2, outcome: { kind: 'answer', status, headers, body: bytes } };
}

export function failure(reason: FailureReason): Observation {
  return { side: 'v2', firstByteMs: null, totalMs: 2, outcome: { kind: 'failure', reason, message: reason } };
}

export const NO_PAIRING: Pairing = { toPrimary: () => undefined };

/** Twins as [primary id, candidate id]. */
export function pairing(...twins: readonly (readonly [string, string])[]): Pairing {
  const byCandidate = new Map(twins.map(([primary, candidate]) => [candidate, primary]));
  return { toPrimary: (candidateId) => byCandidate.get(candidateId) };
}

/** Compares two JSON texts. */
export function compareTexts(
  primary: string,
  candidate: string,
  options: { rules?: readonly CompareRule[]; pairing?: Pairing } = {},
): Comparison {
  return compare(answer(primary), answer(candidate), compileRules(options.rules ?? []), options.pairing ?? NO_PAIRING);
}

/** Compares two values as JSON bodies. */
export function compareValues(
  primary: unknown,
  candidate: unknown,
  options: Parameters<typeof compareTexts>[2] = {},
): Comparison {
  return compareTexts(JSON.stringify(primary), JSON.stringify(candidate), options);
}

/** The differences as `kind path: primary → candidate` lines. */
export function lines(comparison: Comparison): readonly string[] {
  return comparison.differences.map(
    ({ kind, path, primary, candidate }) => `${kind} ${path}: ${primary} → ${candidate}`,
  );
}
