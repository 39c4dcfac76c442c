import type { RawHeaders } from '../contract/calls.ts';
import type { BanyanError, ErrorCode } from '../contract/errors.ts';
import type { ClientRequest } from './client-request.ts';
import type { Flow } from './flow.ts';
import type { Peer } from './forwarding.ts';
import type { WrittenAnswer } from './telemetry/call-record.ts';

/** One request on its way through the gateway, with the answer to be; the same whatever version of HTTP it came in. */
export type Arrival = { readonly request: ClientRequest; readonly client: ClientEnd; readonly peer: Peer };

/** The client's end of a call: an answer is written once, streamed or whole, or it is seen to break off. */
export type ClientEnd = WrittenAnswer & {
  /** Whether the answer has begun. */
  readonly started: boolean;
  /** Whether nothing can be answered any more: the client left, or has its answer. */
  readonly gone: boolean;
  /** Headers that the answer has besides its own; asked for as its head is written. */
  addBesides(besides: () => RawHeaders): void;
  /** Calls back when the client left before its answer was complete; the last one to ask is told. */
  onGone(callback: () => void): void;
  /** 100: the client may send its body. */
  continue(): void;
  /** A head before the head, such as 103. */
  interim(status: number, headers: RawHeaders): void;
  /** Throws when a header cannot be written: the upstream's answer is malformed then. */
  head(status: number, statusText: string, headers: RawHeaders): void;
  /** Sends what is there: a head that waits for its body may go without. */
  flush(): void;
  /** Streams a chunk; holds the upstream back while the client is slower. */
  data(chunk: Buffer, flow: Flow): void;
  end(trailers: RawHeaders): void;
  /** All of an answer at once. */
  whole(status: number, statusText: string, headers: RawHeaders, body: Uint8Array, trailers?: RawHeaders): void;
  /** Banyan's own answer; with `close`, the last of its connection. */
  error(error: BanyanError, options?: { readonly close?: boolean }): void;
  refuse(code: ErrorCode, message: string, options?: { readonly close?: boolean }): void;
  /** What came is delivered, then the client sees that its answer is not whole. */
  cut(): void;
};
