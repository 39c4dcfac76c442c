import type { FailureReason, Observation, Outcome, RawHeaders } from '../contract/calls.ts';
import type { Side } from '../contract/stages.ts';
import { headerValue } from '../wire/headers.ts';
import type { Leg } from './upstream/leg.ts';
import type { LegRequest } from './upstream/leg-request.ts';

export type CopyOptions = {
  readonly side: Side;
  /** The whole of it: sending, waiting, reading. */
  readonly deadlineMs: number;
  /** More of an answer is not read: the connection is closed instead. */
  readonly bytesMax: number;
  readonly nowMs: () => number;
};

/** Asks a candidate, which nobody waits for. Whatever it does ends within the deadline and the byte limit. */
export function sendCopy(leg: Leg, request: LegRequest, options: CopyOptions): Promise<Observation> {
  return new Promise((resolve) => {
    const sentAtMs = options.nowMs();
    const elapsedMs = () => options.nowMs() - sentAtMs;
    let firstByteMs: number | null = null;
    let head: { status: number; headers: RawHeaders } | null = null;
    let bytes = 0;
    const chunks: Buffer[] = [];
    let abort: (reason: FailureReason) => void = () => undefined;
    // Before it is sent: a leg may refuse at once, and the refusal settles too.
    const deadline = setTimeout(() => abort(head === null ? 'answer_timeout' : 'truncated'), options.deadlineMs);
    const settle = (outcome: Outcome) => {
      clearTimeout(deadline);
      resolve({ side: options.side, outcome, firstByteMs, totalMs: elapsedMs() });
    };
    const answer = (body: Buffer | null): Outcome => ({ kind: 'answer', status: 0, headers: [], ...head, body });

    // What is longer than the comparison keeps is not read: the connection is closed instead.
    const leave = () => {
      settle(answer(null));
      abort('aborted');
    };
    abort = leg.send(request, {
      head: (status, _text, headers) => {
        firstByteMs = elapsedMs();
        head = { status, headers };
        if (Number(headerValue(headers, 'content-length')) > options.bytesMax) leave();
      },
      data: (chunk) => {
        bytes += chunk.byteLength;
        if (bytes <= options.bytesMax) chunks.push(chunk);
        else leave();
      },
      end: () => settle(answer(Buffer.concat(chunks))),
      failed: ({ reason, message }) => settle({ kind: 'failure', reason, message }),
    });
  });
}
