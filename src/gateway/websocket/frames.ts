import { randomBytes } from 'node:crypto';

/** Close codes (RFC 6455 §7.4.1). */
export const GOING_AWAY = 1001;

const CLOSE = 0x8;
const FIN = 0x80;
const MASKED = 0x80;

/**
 * Where a stream of frames (RFC 6455 §5.2) stands: between two of them, or inside one. It looks at lengths only.
 * A frame of our own may be put between two frames, also between those of one message, and nowhere else.
 */
export class FrameCursor {
  readonly #head = Buffer.alloc(14);
  #headBytes = 0;
  #payloadLeft = 0;
  #closed = false;

  /** Whether a frame may be put here: the sender has begun none, and has not said goodbye already. */
  get open(): boolean {
    return !this.#closed && this.#headBytes === 0 && this.#payloadLeft === 0;
  }

  follow(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#payloadLeft > 0) {
        const passed = Math.min(this.#payloadLeft, chunk.byteLength - at);
        this.#payloadLeft -= passed;
        at += passed;
      } else {
        this.#head[this.#headBytes] = chunk[at] ?? 0;
        this.#headBytes += 1;
        at += 1;
        this.#endHead();
      }
    }
  }

  #endHead(): void {
    if (this.#headBytes < 2 || this.#headBytes < headLength(this.#head)) return;
    this.#payloadLeft = payloadLength(this.#head);
    this.#closed ||= ((this.#head[0] ?? 0) & 0xf) === CLOSE;
    this.#headBytes = 0;
  }
}

function headLength(head: Buffer): number {
  const second = head.readUInt8(1);
  const length = second & 0x7f;
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
  return 2 + extended + (second & MASKED ? 4 : 0);
}

function payloadLength(head: Buffer): number {
  const length = head.readUInt8(1) & 0x7f;
  if (length === 126) return head.readUInt16BE(2);
  // Above 2^53 the number is not exact, and no connection lives long enough to tell.
  return length === 127 ? Number(head.readBigUInt64BE(2)) : length;
}

/** A close frame. What goes to an upstream comes from a client, whose frames are masked (RFC 6455 §5.3). */
export function closeFrame(code: number, reason: string, masked: boolean): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  if (!masked) return Buffer.concat([Buffer.from([FIN | CLOSE, payload.byteLength]), payload]);
  const mask = randomBytes(4);
  const hidden = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([FIN | CLOSE, MASKED | payload.byteLength]), mask, hidden]);
}
