import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineCutter, Tail } from '../../../src/kernel/runtimes/lines.ts';

test('lines come out whole however the stream was cut into chunks', () => {
  const text = fc.array(fc.string().map((line) => line.replaceAll('\n', ' ')));
  fc.assert(
    fc.property(text, fc.array(fc.nat(10)), (lines, cuts) => {
      const cutter = new LineCutter(1_000);
      const seen: string[] = [];
      let rest = lines.map((line) => `${line}\n`).join('');
      for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
        seen.push(...(cutter.cut(rest.slice(0, cut)) ?? []));
        rest = rest.slice(cut);
      }
      expect(seen).toEqual(lines);
    }),
  );
});

test('a line that is too long is noticed before it ends', () => {
  const cutter = new LineCutter(5);
  expect(cutter.cut('12345')).toEqual([]);
  expect(cutter.cut('6')).toBeNull();
  expect(new LineCutter(5).cut('123456\n')).toBeNull();
});

test('a tail keeps the end', () => {
  const tail = new Tail(5);
  tail.add('abc');
  tail.add('defgh\n');
  expect(tail.text).toBe('efgh');
});
