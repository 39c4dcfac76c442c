import type { Socket } from 'node:net';
import { probeIfUnread } from '../probe.ts';
import { cutLater, endSoon } from './end-soon.ts';
import { closeFrame, FrameCursor, GOING_AWAY } from './frames.ts';

/**
 * An open WebSocket: two sockets, and every byte of one goes to the other. Frames are counted, not read, so that
 * compression, subprotocols and close codes are the two ends' own business.
 */
export class Tunnel {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #lanes: readonly Lane[];

  constructor(client: Socket, upstream: Socket, idle: { readonly ms: number; readonly hit: () => void }) {
    this.#client = client;
    this.#upstream = upstream;
    this.#lanes = [
      new Lane({ from: upstream, to: client, masked: false }),
      new Lane({ from: client, to: upstream, masked: true }),
    ];
    for (const socket of [client, upstream]) {
      socket.setTimeout(idle.ms, () => this.#nothingPasses(idle.hit));
      socket.resume();
    }
  }

  /** Tells both ends that the connection ends (1001), and ends it. */
  goAway(reason: string): void {
    for (const lane of this.#lanes) lane.goAway(reason);
    // Also when an end does not even take the farewell.
    cutLater(this.#client);
    cutLater(this.#upstream);
  }

  /** Looks whether an end that is not read has been reset. */
  probe(): void {
    probeIfUnread(this.#client);
    probeIfUnread(this.#upstream);
  }

  /** Both sockets keep time: a byte that passes moves on both, so each fires when nothing did. */
  #nothingPasses(hit: () => void): void {
    if (this.#client.writableEnded || this.#upstream.writableEnded) {
      this.#client.destroy();
      this.#upstream.destroy();
      return;
    }
    hit();
    this.goAway('nothing was sent for long');
  }
}

/** One direction. A slow reader holds the sender back. */
class Lane {
  readonly #to: Socket;
  readonly #masked: boolean;
  readonly #frames = new FrameCursor();

  constructor({ from, to, masked }: { readonly from: Socket; readonly to: Socket; readonly masked: boolean }) {
    this.#to = to;
    this.#masked = masked;
    from.on('data', (chunk: Buffer) => {
      if (!this.#pass(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => endSoon(to));
    // A TLS connection may have said its end in the packet of its 101.
    if (from.readableEnded) endSoon(to);
    from.on('close', () => {
      endSoon(to);
      // It may have been held back for this reader's sake.
      to.resume();
    });
  }

  /** What comes for a reader that has left is dropped. */
  #pass(chunk: Buffer): boolean {
    if (!this.#to.writable) return true;
    this.#frames.follow(chunk);
    return this.#to.write(chunk);
  }

  goAway(reason: string): void {
    if (this.#to.writable && this.#frames.open) this.#to.write(closeFrame(GOING_AWAY, reason, this.#masked));
    endSoon(this.#to);
  }
}
