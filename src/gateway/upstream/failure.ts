import type { FailureReason } from '../../contract/calls.ts';
import type { ErrorCode } from '../../contract/errors.ts';

/** How far a call had come when it failed: not sent, sent, or some of the answer was there. */
export type Progress = 'unsent' | 'sent' | 'answered';

/** What a leg itself finds wrong with an upstream. */
export class UpstreamFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The one place where an upstream's error becomes an outcome. */
export function failureOf(
  error: Error,
  progress: Progress,
): { readonly reason: FailureReason; readonly message: string } {
  if (error instanceof UpstreamFailure) return { reason: error.reason, message: error.message };
  const code = 'code' in error ? String(error.code) : '';
  // An address that was tried in vain under several numbers gives an error without a text of its own.
  return { reason: REASONS[code] ?? fallbackReason(code, progress), message: error.message || code };
}

const REASONS: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
};

function fallbackReason(code: string, progress: Progress): FailureReason {
  // Node's parser, which reads the answers to handshakes.
  if (code.startsWith('HPE_')) return 'malformed';
  // No name, no certificate that holds, nobody there: whatever it was, nothing was sent.
  if (progress === 'unsent') return 'refused';
  return progress === 'answered' ? 'truncated' : 'reset';
}

/** What the client is told when its primary gave no answer. */
export const ANSWER_TO_FAILURE = {
  refused: 'UPSTREAM_REFUSED',
  unavailable: 'UPSTREAM_UNAVAILABLE',
  connect_timeout: 'UPSTREAM_TIMEOUT',
  answer_timeout: 'UPSTREAM_TIMEOUT',
  reset: 'UPSTREAM_FAILED',
  truncated: 'UPSTREAM_FAILED',
  malformed: 'UPSTREAM_FAILED',
  overloaded: 'UPSTREAM_OVERLOADED',
  aborted: 'UPSTREAM_FAILED',
} as const satisfies Record<FailureReason, ErrorCode>;
