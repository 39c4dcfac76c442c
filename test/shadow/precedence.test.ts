import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Precedence } from '../../shadow/precedence.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('precedence', () => {
  it('lets a slow task delay what began after it was offered, and nothing that overlapped it', async () => {
    const order = new Precedence();
    const started: string[] = [];
    const slow = Promise.withResolvers<void>();
    const overlapping = order.mark();
    const first = order.run(order.mark(), () => slow.promise);
    const run = (name: string, after: number) => order.run(after, async () => void started.push(name));
    const runs = [run('overlapping', overlapping), run('later', order.mark())];
    await turn();
    expect(started).toEqual(['overlapping']);
    slow.resolve();
    await Promise.all([first, ...runs]);
    expect(started).toEqual(['overlapping', 'later']);
  });

  it('never starts a task before what had been offered when its call began, and runs all of them', async () => {
    const plan = fc.array(fc.record({ waits: fc.nat(5), turns: fc.nat(3) }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        const order = new Precedence();
        const ended = new Set<number>();
        const violations: number[] = [];
        const marks: number[] = [];
        const runs = steps.map(({ waits, turns }, index) => {
          marks.push(order.mark());
          const after = marks[Math.max(0, index - waits)] ?? 0;
          return order.run(after, async () => {
            for (let earlier = 0; earlier < after; earlier += 1) if (!ended.has(earlier)) violations.push(index);
            for (let n = 0; n < turns; n += 1) await turn();
            ended.add(index);
          });
        });
        await Promise.all(runs);
        expect(violations).toEqual([]);
        expect(ended.size).toBe(steps.length);
      }),
      { numRuns: 50 },
    );
  });
});
