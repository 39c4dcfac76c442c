import type { CallCopy, Observation, RawHeaders } from '../../src/contract/calls.ts';
import type { Side } from '../../src/contract/stages.ts';
import type { Redactor } from '../redact/index.ts';
import type { SampleCall } from './snapshot.ts';

const TARGET_CHARS_MAX = 300;
const HEADERS_MAX = 12;
const HEADER_CHARS_MAX = 100;
const BODY_CHARS_MAX = 400;

/** What of a call is kept as an example: redacted first, then cut. */
export function sampleCall(
  call: CallCopy,
  primary: Observation | null,
  candidate: Observation,
  redactor: Redactor,
): SampleCall {
  const other = primary === null ? 'not kept' : answerText(primary, redactor);
  const own = answerText(candidate, redactor);
  const answers: Record<Side, string> =
    candidate.side === 'v2' ? { legacy: other, v2: own } : { legacy: own, v2: other };
  return {
    method: cut(call.method, TARGET_CHARS_MAX),
    target: cut(redactor.target(call.target), TARGET_CHARS_MAX),
    headers: sampleHeaders(call.headers, redactor),
    body: call.body === null ? null : cut(redactor.body(call.body, call.headers), BODY_CHARS_MAX),
    answers,
  };
}

function sampleHeaders(headers: RawHeaders, redactor: Redactor): RawHeaders {
  return redactor.headers(headers.slice(0, 2 * HEADERS_MAX)).map((part) => cut(part, HEADER_CHARS_MAX));
}

function answerText({ outcome }: Observation, redactor: Redactor): string {
  if (outcome.kind === 'failure') return outcome.reason;
  const body = outcome.body === null ? 'a body too long to keep' : redactor.body(outcome.body, outcome.headers);
  return cut(`${outcome.status} ${body}`, BODY_CHARS_MAX);
}

function cut(text: string, charsMax: number): string {
  return detached(text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`);
}

/** A copy of its own: a piece cut out of a body would keep the whole body in memory. */
export function detached(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
