import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, type HeapItem } from '../../src/kernel/heap.ts';

type Item = HeapItem & { readonly key: number };

test('items come out smallest first, whatever was removed from the middle', () => {
  const keys = fc.array(fc.nat(100), { maxLength: 60 });
  fc.assert(
    fc.property(keys, fc.array(fc.nat(59)), (numbers, removed) => {
      const heap = new Heap<Item>((a, b) => a.key < b.key);
      const items = numbers.map((key): Item => ({ key, heapIndex: -1 }));
      for (const item of items) heap.push(item);
      const gone = new Set(removed.map((index) => items[index]));
      for (const item of gone) if (item !== undefined) heap.remove(item);
      const left: number[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) left.push(item.key);
      expect(left).toEqual(
        items
          .filter((item) => !gone.has(item))
          .map(({ key }) => key)
          .toSorted((a, b) => a - b),
      );
    }),
  );
});

test('removing what is not there changes nothing', () => {
  const heap = new Heap<Item>((a, b) => a.key < b.key);
  const other: Item = { key: 0, heapIndex: 0 };
  heap.push({ key: 1, heapIndex: -1 });
  heap.remove(other);
  expect(heap.size).toBe(1);
});
