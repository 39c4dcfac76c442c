import { Readable } from 'node:stream';
import type { ClientRequest } from './client-request.ts';

export type UploadOptions = {
  /** A longer body ends in an error. */
  readonly bytesMax: number;
  /** How much is kept beside; 0: nothing. */
  readonly copyBytesMax: number;
};

/**
 * A client's body on its way to an upstream, as fast as the upstream takes it. It stands between the two so that
 * the rest of the body of a call that ended early can be thrown away, while the client's connection stays: the client
 * still has to read its answer. Nothing is read before the upstream wants it.
 */
export class Upload extends Readable {
  readonly #request: ClientRequest;
  readonly #bytesMax: number;
  readonly #copyBytesMax: number;
  #copied: Buffer[] | null;
  #bytes = 0;
  #reading = false;
  #whole = false;
  #tooLong = false;
  #cut = false;

  constructor(request: ClientRequest, { bytesMax, copyBytesMax }: UploadOptions) {
    super();
    this.#request = request;
    this.#bytesMax = bytesMax;
    this.#copyBytesMax = copyBytesMax;
    this.#copied = copyBytesMax > 0 ? [] : null;
    request.on('error', this.#cutShort).on('close', this.#cutShort);
    // It may break before anybody sends it. `brokenByClient` tells then.
    this.on('error', () => undefined);
  }

  /** Whether the client sent more than it may. */
  get tooLong(): boolean {
    return this.#tooLong;
  }

  /** Whether it is the client's doing that the upstream did not get all of it. */
  get brokenByClient(): boolean {
    return this.#tooLong || this.#cut;
  }

  /** Whether the upstream has taken all that the client sent so far, and the client is to send more. */
  get awaitsClient(): boolean {
    return !this.#whole && this.#reading && this.readableLength === 0;
  }

  /** The body, once it is whole; `null` before, or when it is longer than what is kept. */
  copy(): Buffer | null {
    return this.#whole && this.#copied !== null ? Buffer.concat(this.#copied) : null;
  }

  override _read(): void {
    if (!this.#reading) {
      this.#reading = true;
      this.#request.on('data', this.#take).on('end', this.#complete);
    }
    this.#request.resume();
  }

  readonly #take = (chunk: Buffer): void => {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#bytesMax) {
      this.#tooLong = true;
      this.destroy(new Error(`the body is longer than ${this.#bytesMax} bytes`));
      return;
    }
    if (this.#bytes > this.#copyBytesMax) this.#copied = null;
    this.#copied?.push(chunk);
    if (!this.push(chunk)) this.#request.pause();
  };

  readonly #complete = (): void => {
    this.#whole = true;
    this.push(null);
  };

  readonly #cutShort = (): void => {
    if (this.#whole) return;
    this.#cut = true;
    this.destroy(new Error('the client left before its body was whole'));
  };

  /** What is still to come is read and thrown away, within the limits of an answered connection. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#request.off('data', this.#take).off('end', this.#complete).off('close', this.#cutShort);
    if (!this.#request.destroyed) this.#request.resume();
    done(error);
  }
}
