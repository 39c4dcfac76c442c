import fc from 'fast-check';
import { expect, it } from 'vitest';
import { closeFrame, FrameCursor } from '../../../src/gateway/websocket/frames.ts';
import { closeCodeIn } from './peers.ts';

/** A frame of any length and opcode but close. */
function frameOf(length: number, masked: boolean): Buffer {
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const head = Buffer.alloc(2 + extended + (masked ? 4 : 0));
  head[0] = 0x82;
  head[1] = (masked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) head.writeUInt16BE(length, 2);
  if (extended === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.alloc(length, 0x88)]);
}

const frames = fc.array(
  fc.record({ length: fc.oneof(fc.nat(200), fc.constantFrom(125, 126, 65_535, 65_536)), masked: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
);

it('is open exactly between frames, however they are cut into packets', () => {
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 70_000 }), (all, step) => {
      const parts = all.map(({ length, masked }) => frameOf(length, masked));
      const ends = new Set<number>([0]);
      let total = 0;
      for (const part of parts) {
        total += part.byteLength;
        ends.add(total);
      }
      const bytes = Buffer.concat(parts);
      const cursor = new FrameCursor();
      for (let at = 0; at < total; at += step) {
        expect(cursor.open).toBe(ends.has(at));
        cursor.follow(bytes.subarray(at, at + step));
      }
      expect(cursor.open).toBe(true);
    }),
    { seed: 32, numRuns: 200 },
  );
});

it('stays shut after a close frame', () => {
  const cursor = new FrameCursor();
  cursor.follow(closeFrame(1000, 'bye', false));
  expect(cursor.open).toBe(false);
});

it.each([true, false])('writes a close frame that can be read (masked: %s)', (masked) => {
  const bytes = closeFrame(1001, '', masked);
  expect(closeCodeIn(`\r\n\r\n${bytes.toString('latin1')}`)).toBe(1001);
  expect(((bytes[1] ?? 0) & 0x80) !== 0).toBe(masked);
});
