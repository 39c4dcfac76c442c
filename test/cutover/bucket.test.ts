import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucket, murmur3, threshold } from '../../src/cutover/bucket.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the bucket', () => {
  it.each([
    ['hello', 0, 0x248bfa47],
    ['', 1, 0x514e28b7],
    ['', 0, 0],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
  ])('murmur3(%j, %d) is the published value', (text, seed, expected) => {
    expect(murmur3(bytes(text), seed)).toBe(expected);
  });

  it.each([
    ['orch.checkout#g1', 'caller', 'user-1', 2552000889],
    ['orch.checkout#g1', 'caller', 'user-2', 1798440155],
    ['orch.checkout#g1', 'caller', 'user-42', 1122750396],
    ['orch.checkout#g1', 'caller', 'user-47', 29904021],
    ['orch.checkout#g1', 'caller', '', 1555037816],
    ['orch.checkout#g1', 'caller', 'ünïcödé', 2919400678],
    ['orch.checkout#g1', 'entity', 'agent-00000001', 3555262074],
    ['orch.checkout#g2', 'caller', 'user-1', 2445037170],
  ])('of (%s, %s, %s) is %d', (salt, unitKind, unitId, expected) => {
    expect(bucket({ salt, unitKind, unitId })).toBe(expected);
  });

  it.each([
    [1, 4294],
    [10_000, 42949672],
    [250_000, 1073741824],
    [1_000_000, 4294967296],
    [0, 0],
  ])('a share of %d ppm ends at %d', (ppm, expected) => {
    expect(threshold(ppm)).toBe(expected);
  });

  it('reads composed and decomposed letters as one caller', () => {
    const of = (unitId: string) => bucket({ salt: 's', unitKind: 'caller', unitId });
    expect(of('u\u0308')).toBe(of('ü'));
    expect(of('a\u001fb')).not.toBe(of('a%1Fb'));
  });

  it('never moves a key back when the share grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1_000_000), fc.nat(1_000_000), (unitId, a, b) => {
        const drawn = bucket({ salt: 'type#g1', unitKind: 'caller', unitId });
        const [small, large] = a < b ? [a, b] : [b, a];
        return !(drawn < threshold(small)) || drawn < threshold(large);
      }),
    );
  });

  it('gives V2 its share of 100,000 callers', () => {
    let v2 = 0;
    for (let n = 0; n < 100_000; n += 1) {
      if (bucket({ salt: 'type#g1', unitKind: 'caller', unitId: `caller-${n}` }) < threshold(100_000)) v2 += 1;
    }
    // 10,000 expected, standard deviation 95: five of them either way.
    expect(Math.abs(v2 - 10_000)).toBeLessThan(475);
  });
});
