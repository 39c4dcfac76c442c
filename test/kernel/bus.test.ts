import { expect, test } from 'vitest';
import { type Subscription, type Topic, topic } from '../../src/contract/bus.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

const progress = topic<number>('progress');
const square: Topic<readonly [number, number]> = topic('square');

async function take<T>(subscription: Subscription<T>, count: number): Promise<T[]> {
  const bodies: T[] = [];
  for await (const { body } of subscription) if (bodies.push(body) === count) break;
  return bodies;
}

test('every subscriber of a topic gets every message on it, in order', async () => {
  const { bus } = rig().kernel;
  const [one, other] = [bus.subscribe(progress), bus.subscribe(progress)];
  expect([bus.publish(progress, 1, 'a1'), bus.publish(progress, 2), bus.publish(topic('else'), 3)]).toEqual([2, 2, 0]);
  expect(await Promise.all([take(one, 2), take(other, 2)])).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(bus.publish(progress, 4)).toBe(0);
});

test('a subscriber that reads ahead waits for the next message', async () => {
  const { bus } = rig().kernel;
  const reading = take(bus.subscribe(progress), 2);
  await settled();
  bus.publish(progress, 1);
  await settled();
  bus.publish(progress, 2);
  expect(await reading).toEqual([1, 2]);
});

test('a slow subscriber loses its oldest messages, is told how many, and slows nobody', async () => {
  const { kernel } = rig();
  const slow = kernel.bus.subscribe(progress, { bufferMax: 3 });
  for (let i = 1; i <= 1_000; i++) kernel.bus.publish(progress, i);
  expect(slow.dropped).toBe(997);
  expect(await take(slow, 3)).toEqual([998, 999, 1_000]);
  expect((await kernel.getHealthStatus()).limitsHit).toEqual({ bufferMax: 997 });
});

test('a subscription ends when it is closed, when its signal aborts, and when the kernel closes', async () => {
  const { kernel } = rig();
  const controller = new AbortController();
  const [closed, aborted, left] = [
    kernel.bus.subscribe(progress),
    kernel.bus.subscribe(progress, { signal: controller.signal }),
    kernel.bus.subscribe(progress),
  ];
  const reading = Promise.all([take(closed, 9), take(aborted, 9), take(left, 9)]);
  kernel.bus.publish(progress, 1);
  await settled();
  closed.close();
  controller.abort();
  await kernel.close();
  expect(await reading).toEqual([[1], [1], [1]]);
});

test('the number of subscribers is bounded', () => {
  const { bus } = rig({ subscribersMax: 1 }).kernel;
  const first = bus.subscribe(progress);
  expect(() => bus.subscribe(progress)).toThrow('the bus has 1 subscribers already');
  first.close();
  bus.subscribe(progress);
});

test('a request is answered by the one who answers on its topic', async () => {
  const { bus } = rig().kernel;
  const stop = bus.respond(square, async (n) => n * n);
  expect(await bus.request(square, 7)).toBe(49);
  expect(() => bus.respond(square, (n) => n)).toThrow('somebody answers on topic "square" already');
  stop();
  await expect(bus.request(square, 7)).rejects.toMatchObject({ code: 'NO_RESPONDER' });
});

test('what the answerer throws reaches the one who asked', async () => {
  const { bus } = rig().kernel;
  bus.respond(square, () => {
    throw new RangeError('too large');
  });
  await expect(bus.request(square, 7)).rejects.toThrow(new RangeError('too large'));
});

test('a request does not wait for ever, and its number is bounded', async () => {
  const { kernel, clock } = rig({ requestsMax: 1 });
  kernel.bus.respond(square, () => new Promise(() => undefined));
  const waiting = expect(kernel.bus.request(square, 1, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
  });
  await expect(kernel.bus.request(square, 2)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await clock.advance(500);
  await waiting;
  const controller = new AbortController();
  const aborted = expect(kernel.bus.request(square, 3, { signal: controller.signal })).rejects.toMatchObject({
    code: 'ABORTED',
  });
  controller.abort();
  await aborted;
  expect(clock.pending).toBe(0);
});
