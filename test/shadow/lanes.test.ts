import { describe, expect, it } from 'vitest';
import { Lanes } from '../../shadow/lanes.ts';
import { Slots } from '../../shadow/slots.ts';

/** A task that ends when told. */
function controlled(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const task = () => {
    log.push(`${name} starts`);
    return promise.then(() => void log.push(`${name} ends`));
  };
  return { task, end: resolve };
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('lanes', () => {
  it('run tasks that share a key in the order they came, and others at once', async () => {
    const lanes = new Lanes();
    const log: string[] = [];
    const first = controlled(log, 'first');
    const second = controlled(log, 'second');
    const other = controlled(log, 'other');
    const runs = [lanes.run(['a'], first?.task), lanes.run(['a', 'b'], second?.task), lanes.run(['c'], other?.task)];
    expect(log).toEqual(['first starts', 'other starts']);
    first?.end();
    await runs[0];
    await settle();
    expect(log).toContain('second starts');
    second?.end();
    other?.end();
    await Promise.all(runs);
    expect(lanes.size).toBe(0);
  });

  it('make a task wait for all of its keys', async () => {
    const lanes = new Lanes();
    const log: string[] = [];
    const a = controlled(log, 'a');
    const b = controlled(log, 'b');
    const both = controlled(log, 'both');
    const runs = [lanes.run(['a'], a?.task), lanes.run(['b'], b?.task), lanes.run(['a', 'b'], both?.task)];
    a?.end();
    await runs[0];
    await settle();
    expect(log).not.toContain('both starts');
    b?.end();
    await runs[1];
    await settle();
    expect(log).toContain('both starts');
    both?.end();
    await Promise.all(runs);
  });
});

describe('slots', () => {
  it('never hold more than their number, and free a slot that threw', async () => {
    const slots = new Slots(2);
    let held = 0;
    let most = 0;
    const task = async () => {
      held += 1;
      most = Math.max(most, held);
      await settle();
      held -= 1;
      throw new Error('in the slot');
    };
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => slots.hold(task)));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(most).toBe(2);
  });
});
