import { PPM_ALL, type Ppm } from '../contract/policy.ts';

/** Who is drawn: the salt keeps types (or a deliberate re-draw) independent of each other. */
export type BucketKey = {
  /** `<hash group>#g<generation>`. */
  readonly salt: string;
  /** `caller`, `entity`, `session` or `request`. */
  readonly unitKind: string;
  readonly unitId: string;
};

/**
 * The bucket of a key, a uint32. It depends on nothing but the key, so a caller keeps its bucket through
 * every ramp, rollback, restart and replica.
 *
 * @example bucket({ salt: 'orch.checkout#g1', unitKind: 'caller', unitId: 'user-1' }) // 2552000889
 */
export function bucket(key: BucketKey): number {
  const fields = ['sfg1', ...[key.salt, key.unitKind, key.unitId].map(escapeField)];
  return murmur3(new TextEncoder().encode(fields.join('\u001f')), 0);
}

/**
 * The first bucket that a share leaves out: V2 serves a key iff `bucket < threshold`. There is no modulo, so
 * steps are 1 ppm, and a larger share contains every smaller one.
 */
export function threshold(sharePpm: Ppm): number {
  return Math.floor((sharePpm * 2 ** 32) / PPM_ALL);
}

function escapeField(text: string): string {
  return text.normalize('NFC').replaceAll('%', '%25').replaceAll('\u001f', '%1F');
}

/**
 * MurmurHash3_x86_32 (Austin Appleby, public domain), the reference algorithm. Written here because the
 * packages that offer it are unmaintained or hash UTF-16 units; it is checked against published vectors.
 */
export function murmur3(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBytes = bytes.byteLength & ~3;
  let hash = seed;
  for (let offset = 0; offset < wholeBytes; offset += 4) {
    hash ^= mixBlock(view.getUint32(offset, true));
    hash = (Math.imul(rotateLeft(hash, 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let offset = bytes.byteLength - 1; offset >= wholeBytes; offset -= 1) tail = (tail << 8) | view.getUint8(offset);
  if (bytes.byteLength > wholeBytes) hash ^= mixBlock(tail);
  return finish(hash ^ bytes.byteLength);
}

function mixBlock(block: number): number {
  return Math.imul(rotateLeft(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
