import type { NotComparableReason } from '../../src/contract/calls.ts';

/** What one comparison may cost. A body that asks for more is `not_comparable`, never a stall. */
export type CompareLimits = {
  /** JSON values parsed, hashed and walked, over both bodies and all passes. */
  readonly nodesMax: number;
  /** Levels of nesting. */
  readonly depthMax: number;
  /** Bytes of one body after its content-encoding is undone. */
  readonly decodedBytesMax: number;
  /** Differences kept, one per signature; all are counted. */
  readonly differencesMax: number;
};

const MIB = 1024 * 1024;

/** 250,000 nodes are about 30 ms of one core; two bodies of 542 KB with 3,000 reversed rows need 150,000. */
export const COMPARE_LIMITS: CompareLimits = Object.freeze({
  nodesMax: 250_000,
  depthMax: 400,
  decodedBytesMax: 2 * MIB,
  differencesMax: 64,
});

/** Thrown inside a comparison to give it up; `compare` turns it into a verdict. */
export class GiveUp extends Error {
  readonly reason: NotComparableReason;

  constructor(reason: NotComparableReason) {
    super(reason);
    this.name = 'GiveUp';
    this.reason = reason;
  }
}

/** The nodes that a comparison has left. */
export class Budget {
  #nodesLeft: number;
  readonly depthMax: number;

  constructor(limits: CompareLimits) {
    this.#nodesLeft = limits.nodesMax;
    this.depthMax = limits.depthMax;
  }

  /** @throws GiveUp `too_complex` */
  spend(): void {
    this.#nodesLeft -= 1;
    if (this.#nodesLeft < 0) throw new GiveUp('too_complex');
  }

  /** @throws GiveUp `too_complex` */
  enter(depth: number): void {
    if (depth > this.depthMax) throw new GiveUp('too_complex');
  }
}
