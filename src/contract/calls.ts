import type { Side } from './stages.ts';
import type { Effect, EntityKind } from './wire.ts';

/** Header names and values as they stood on the wire: name, value, name, value... */
export type RawHeaders = readonly string[];

/** An entity that a call names. */
export type NamedEntity = { readonly kind: EntityKind; readonly id: string };

/** A request as both sides of a shadow see it: enough to send it again. */
export type CallCopy = {
  readonly type: string;
  readonly operation: string;
  readonly effect: Effect;
  readonly method: string;
  /** Origin-form: path and query. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** `null`: longer than the tee keeps. */
  readonly body: Uint8Array | null;
  readonly entities: readonly NamedEntity[];
};

/** How a side ended a call. A throw becomes one of these in one place. */
export type Outcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: RawHeaders;
      /** `null`: longer than `captureBytesMax`. */
      readonly body: Uint8Array | null;
    }
  | { readonly kind: 'failure'; readonly reason: FailureReason; readonly message: string };

/** Why a side gave no whole answer. */
export type FailureReason =
  | 'refused'
  /** Several instances, and none that takes a connection. */
  | 'unavailable'
  | 'connect_timeout'
  | 'answer_timeout'
  | 'reset'
  | 'truncated'
  | 'malformed'
  | 'overloaded'
  | 'aborted';

/** An outcome and its timings, in milliseconds since the side was asked. */
export type Observation = {
  readonly side: Side;
  readonly outcome: Outcome;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
};

/** One place where two outcomes differ. */
export type Difference = {
  readonly kind: 'outcome' | 'status' | 'content_type' | 'type' | 'value' | 'missing' | 'extra' | 'length' | 'order';
  /** JSON Pointer into the body with array indexes and ids replaced by `*`; empty above the body. */
  readonly path: string;
  /** The place as it stood in this pair: a JSON Pointer. */
  readonly at: string;
  /** Short renderings, for people. */
  readonly primary: string;
  readonly candidate: string;
  /** The reason of the `known` rule that explains it. */
  readonly explainedBy: string | null;
};

export type Verdict = 'match' | 'explained' | 'mismatch' | 'not_comparable';

/** Why a mirrored call was answered by the candidate, or needed no answer, yet was not compared. */
export const NOT_COMPARABLE = {
  primary_failed: 'the primary gave no whole answer',
  primary_too_large: "the primary's answer is longer than the comparison keeps",
  candidate_too_large: "the candidate's answer is longer than the comparison keeps",
  no_twin: 'the call names an entity that the candidate does not have',
  stale_twin: 'the call names an entity whose two sides no longer agree',
  state_moved: 'writes were under way while the two sides were read',
  candidate_failed: 'the candidate gave no whole answer',
  too_complex: 'a body is nested deeper or holds more values than the comparison walks',
  decoded_too_large: 'a body decodes to more bytes than the comparison keeps',
  unknown_encoding: 'a body has a content-encoding that the comparison cannot decode',
} as const;
export type NotComparableReason = keyof typeof NOT_COMPARABLE;

/** Why an eligible call was not mirrored at all. */
export const DROPPED = {
  queue_full: 'the mirror queue held its most calls or bytes',
  breaker_open: 'the candidate failed repeatedly and is being left alone',
  body_too_large: 'the request body is longer than the mirror keeps',
  client_aborted: 'the client left before its call ended',
  policy_moved: 'the type was rolled back or left the mirrored stages while the call waited',
  shutdown: 'the gateway was stopping',
  defect: 'a defect of the mirror; the log has it',
  interrupted: 'the gateway ended before the call was settled',
} as const;
export type DropReason = keyof typeof DROPPED;
