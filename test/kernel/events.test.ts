import { expect, test } from 'vitest';
import type { KernelEvent } from '../../src/contract/events.ts';
import { settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

async function collect(events: AsyncIterable<KernelEvent>, into: KernelEvent[]): Promise<void> {
  for await (const event of events) into.push(event);
}

test('events are replayed from any sequence and then followed', async () => {
  const { kernel, spawn, delegate } = rig();
  await spawn();
  const from = kernel.events.last;
  const task = await delegate();
  const seen: KernelEvent[] = [];
  const controller = new AbortController();
  const following = collect(kernel.events.since(from, { signal: controller.signal }), seen);
  await settled();
  await kernel.completeTask(task.id);
  await settled();
  controller.abort();
  await following;
  expect(seen.map(({ sequence, kind }) => `${sequence} ${kind}`)).toEqual([
    '3 task.delegated',
    '4 task.started',
    '5 agent.assigned',
    '6 task.completed',
    '7 agent.released',
  ]);
  expect(seen[2]).toMatchObject({ agentId: task.agentId, taskId: task.id, from: 'idle', to: 'busy' });
});

test('a reader that is slow misses nothing and holds nothing', async () => {
  const { kernel, spawn } = rig({ agentsMax: 1_000 });
  const reader = kernel.events.since(0)[Symbol.asyncIterator]();
  await spawn();
  expect((await reader.next()).value).toMatchObject({ sequence: 1 });
  await Promise.all(Array.from({ length: 500 }, () => spawn()));
  const sequences: number[] = [];
  while (sequences.length < 1_001) sequences.push((await reader.next()).value.sequence);
  expect(sequences).toEqual(Array.from({ length: 1_001 }, (_, i) => i + 2));
});

test('a reader that asks for what is no longer kept is told so', async () => {
  const { kernel, spawn } = rig({ eventsKeptMax: 10, agentsMax: 100 });
  for (let i = 0; i < 20; i++) await spawn();
  const reader = kernel.events.since(0)[Symbol.asyncIterator]();
  await expect(reader.next()).rejects.toMatchObject({ code: 'EVENTS_GONE' });
  const [first] = [
    await kernel.events
      .since(kernel.events.last - 5)
      [Symbol.asyncIterator]()
      .next(),
  ];
  expect(first.value).toMatchObject({ sequence: kernel.events.last - 4 });
});

test('an event is published once it is durable, not before', async () => {
  const { kernel, spawn } = rig();
  await kernel.start();
  const spawning = spawn();
  expect(kernel.events.last).toBe(0);
  await spawning;
  expect(kernel.events.last).toBe(2);
});

test('readers end when the kernel closes', async () => {
  const { kernel, spawn } = rig();
  await spawn();
  const seen: KernelEvent[] = [];
  const following = collect(kernel.events.since(0), seen);
  await settled();
  await kernel.close();
  await following;
  expect(seen).toHaveLength(2);
});
