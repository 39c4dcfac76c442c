import type { FailureReason, RawHeaders } from '../../contract/calls.ts';
import type { Flow } from '../flow.ts';
import type { Upload } from '../upload.ts';

/** A request ready to be sent: headers of the hop removed, ids translated. */
export type LegRequest = {
  readonly method: string;
  /** Origin-form. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: Uint8Array | Upload | null;
  /** The body waits until the upstream asks for it. */
  readonly expectsContinue?: boolean;
  /** An idle connection will not do: one that looked as good had gone stale. */
  readonly onNewConnection?: boolean;
  /** The client's trailers, once its body is whole. `null`: none were announced. */
  readonly trailers?: (() => RawHeaders) | null;
};

export type Failure = {
  readonly reason: FailureReason;
  readonly message: string;
  /** Whether the upstream may have seen any of the request. */
  readonly sent: boolean;
  /** The connection had carried calls before and broke before a byte of the answer came: it had gone stale. */
  readonly stale: boolean;
};

/**
 * Hears an answer: any interim heads, one head, any data, then an end or a failure. A failure may come at every point.
 */
export type AnswerListener = {
  /** 100: the upstream asks for the body. */
  readonly interim?: (status: number, headers: RawHeaders) => void;
  readonly head: (status: number, statusText: string, headers: RawHeaders, flow: Flow) => void;
  readonly data: (chunk: Buffer) => void;
  /** All that came at once was told: what is kept back to be joined with more may go. */
  readonly flush?: () => void;
  readonly end: (trailers: RawHeaders) => void;
  readonly failed: (failure: Failure) => void;
};
