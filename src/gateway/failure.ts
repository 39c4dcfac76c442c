import type { FailureReason } from '../contract/calls.ts';
import type { ErrorCode } from '../contract/errors.ts';

/** How far a call had come when it failed: not sent, sent, or some of the answer was there. */
export type Progress = 'unsent' | 'sent' | 'answered';

/** The one place where an upstream's error becomes an outcome. */
export function failureOf(
  error: Error,
  progress: Progress,
): { readonly reason: FailureReason; readonly message: string } {
  const code = 'code' in error ? String(error.code) : '';
  // An address that was tried in vain under several numbers gives an error without a text of its own.
  return { reason: REASONS[code] ?? fallbackReason(error, code, progress), message: error.message || code };
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'truncated',
  UND_ERR_HEADERS_OVERFLOW: 'malformed',
  UND_ERR_INVALID_ARG: 'malformed',
  UND_ERR_NOT_SUPPORTED: 'malformed',
  // The client's body was shorter or longer than it said.
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'aborted',
  UND_ERR_ABORTED: 'aborted',
  // The leg was closed over it.
  UND_ERR_DESTROYED: 'aborted',
};

/** undici's words for answers that no request asked for: a 100, a 101. */
const UNASKED = /^bad (?:response|upgrade)$/;

function fallbackReason(error: Error, code: string, progress: Progress): FailureReason {
  // undici's parser and Node's.
  if (error.name === 'HTTPParserError' || code.startsWith('HPE_') || UNASKED.test(error.message)) return 'malformed';
  // No name, no certificate that holds, nobody there: whatever it was, nothing was sent.
  if (progress === 'unsent') return 'refused';
  return progress === 'answered' ? 'truncated' : 'reset';
}

/** What the client is told when its primary gave no answer. */
export const ANSWER_TO_FAILURE = {
  refused: 'UPSTREAM_REFUSED',
  connect_timeout: 'UPSTREAM_TIMEOUT',
  answer_timeout: 'UPSTREAM_TIMEOUT',
  reset: 'UPSTREAM_FAILED',
  truncated: 'UPSTREAM_FAILED',
  malformed: 'UPSTREAM_FAILED',
  overloaded: 'UPSTREAM_OVERLOADED',
  aborted: 'UPSTREAM_FAILED',
} as const satisfies Record<FailureReason, ErrorCode>;
