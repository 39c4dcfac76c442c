import { expect, it } from 'vitest';
import { Slots } from '../../shadow/slots.ts';

/** Tasks that end when told to, and the numbers of those that have begun. */
function tasks(slots: Slots) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const holding: Promise<void>[] = [];
  return {
    begun,
    add: (number: number) => {
      const task = () => {
        begun.push(number);
        return new Promise<void>((resolve) => {
          ends[number] = resolve;
        });
      };
      holding.push(slots.hold(task));
    },
    end: async (number: number) => {
      ends[number]?.();
      await holding[number];
    },
  };
}

it('holders beyond the slots wait in order', async () => {
  const { begun, add, end } = tasks(new Slots(2));
  for (const number of [0, 1, 2, 3]) add(number);
  expect(begun).toEqual([0, 1]);
  await end(1);
  expect(begun).toEqual([0, 1, 2]);
});

it('more slots admit who waits, fewer take effect as holders end', async () => {
  const slots = new Slots(1);
  const { begun, add, end } = tasks(slots);
  for (const number of [0, 1, 2, 3]) add(number);
  slots.resize(3);
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  slots.resize(1);
  await end(0);
  await end(1);
  expect(begun).toEqual([0, 1, 2]);
  await end(2);
  expect(begun).toEqual([0, 1, 2, 3]);
});
