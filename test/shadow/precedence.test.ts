import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Precedence } from '../../shadow/precedence.ts';

const turns = async () => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};

describe('precedence', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('keeps overlapping tasks in the order of their answers while they are quick', async () => {
    const order = new Precedence();
    const started: string[] = [];
    const overlapping = order.mark();
    const quick = Promise.withResolvers<void>();
    const runs = [
      order.run(overlapping, () => quick.promise),
      order.run(overlapping, async () => void started.push('second')),
    ];
    await turns();
    expect(started).toEqual([]);
    quick.resolve();
    await Promise.all(runs);
    expect(started).toEqual(['second']);
  });

  it('lets a slow task delay what began after it was offered, and what overlapped it only for a moment', async () => {
    const order = new Precedence();
    const started: string[] = [];
    const slow = Promise.withResolvers<void>();
    const overlapping = order.mark();
    const run = (name: string, after: number) => order.run(after, async () => void started.push(name));
    const first = order.run(overlapping, () => slow.promise);
    const runs = [run('overlapping', overlapping), run('later', order.mark())];
    await vi.advanceTimersByTimeAsync(24);
    expect(started).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toEqual(['overlapping']);
    slow.resolve();
    await Promise.all([first, ...runs]);
    expect(started).toEqual(['overlapping', 'later']);
  });

  it('never starts a task before what had been offered when its call began, and runs all of them', async () => {
    const plan = fc.array(fc.record({ overlaps: fc.nat(5), takesMs: fc.nat(100) }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const order = new Precedence();
        const ended = new Set<number>();
        const violations: number[] = [];
        const runs = steps.map(({ overlaps, takesMs }, index) => {
          const after = Math.max(0, index - overlaps);
          return order.run(after, async () => {
            for (let earlier = 0; earlier < after; earlier += 1) if (!ended.has(earlier)) violations.push(index);
            await new Promise((resolve) => setTimeout(resolve, takesMs));
            ended.add(index);
          });
        });
        await vi.runAllTimersAsync();
        await Promise.all(runs);
        expect(violations).toEqual([]);
        expect(ended.size).toBe(steps.length);
      }),
      { numRuns: 100 },
    );
  });
});
