import type { RawHeaders } from '../contract/calls.ts';
import type { RawRequest } from './request-head.ts';

/** What is read of a request, whatever version of HTTP it came in. A body that is cut short never ends. */
export interface ClientRequest extends RawRequest {
  /** Complete once the body has ended. */
  readonly rawTrailers: RawHeaders;
  readonly destroyed: boolean;
  /** The body, when all of it is here already and nobody listens to it; `null` otherwise. */
  takeWhole(): Buffer | null;
  on(event: 'data', listener: (chunk: Buffer) => void): this;
  on(event: 'end' | 'close', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  off(event: 'data', listener: (chunk: Buffer) => void): this;
  off(event: 'end' | 'close' | 'error', listener: () => void): this;
  pause(): unknown;
  resume(): unknown;
}
