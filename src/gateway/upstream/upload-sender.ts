import type { Socket } from 'node:net';
import { lastChunk, writeChunk } from '../http1/chunks.ts';
import type { Upload } from '../upload.ts';
import type { Exchange } from './exchange.ts';
import type { LegRequest } from './leg-request.ts';

/** How long an upstream may think about an expectation before it gets the body unasked (RFC 9110 §10.1.1). */
const EXPECTATION_MS = 1000;

export type SenderOptions = {
  readonly request: LegRequest;
  readonly exchange: Exchange;
  /** Else the head has said how long the body is. */
  readonly chunked: boolean;
  readonly failed: (error: Error) => void;
};

/** Sends a body behind its head as it comes, no faster than the upstream takes it. */
export class UploadSender {
  readonly #socket: Socket;
  readonly #upload: Upload;
  readonly #options: SenderOptions;
  #unasked: NodeJS.Timeout | null = null;
  #begun = false;
  #done = false;

  constructor(socket: Socket, upload: Upload, options: SenderOptions) {
    this.#socket = socket;
    this.#upload = upload;
    this.#options = options;
    upload.on('error', options.failed);
    if (options.request.expectsContinue !== true) this.#begin();
    else this.#unasked = setTimeout(this.#askInstead, EXPECTATION_MS);
  }

  /** Whether all of the request was sent. */
  get done(): boolean {
    return this.#done;
  }

  /** The upstream asks for the body; gives whether anybody waited for that. */
  asked(): boolean {
    if (this.#begun || this.#unasked === null) return false;
    this.#stopWaiting();
    this.#begin();
    return true;
  }

  /** The answer is there: who has not asked for the body by now will not. */
  answered(): void {
    this.#stopWaiting();
  }

  drained(): void {
    // What flows before somebody listens is lost.
    if (this.#begun) this.#upload.resume();
  }

  readonly #askInstead = (): void => {
    if (this.#upload.destroyed) return;
    this.#options.exchange.interim(100, []);
    this.#begin();
  };

  #stopWaiting(): void {
    if (this.#unasked !== null) clearTimeout(this.#unasked);
    this.#unasked = null;
  }

  #begin(): void {
    this.#begun = true;
    this.#upload
      .on('data', this.#send)
      .on('end', this.#end)
      .on('close', () => this.#stopWaiting());
  }

  readonly #send = (chunk: Buffer): void => {
    this.#options.exchange.progress();
    const more = this.#options.chunked ? writeChunk(this.#socket, chunk) : this.#socket.write(chunk);
    if (!more) this.#upload.pause();
  };

  readonly #end = (): void => {
    this.#done = true;
    if (this.#options.chunked) this.#socket.write(lastChunk(this.#options.request.trailers?.() ?? []), 'latin1');
    this.#options.exchange.progress();
  };
}
