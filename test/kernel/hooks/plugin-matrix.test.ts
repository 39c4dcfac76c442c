import { describe, expect, it } from 'vitest';
import { checkMatrix, combinationsOf, incompleteSubsets } from './plugin-matrix.ts';
import { delegateEvent, failureOf, load, plugin } from './support.ts';

const names = (plugins: Parameters<typeof combinationsOf>[0]) => combinationsOf(plugins).map(({ name }) => name);

describe('the plugin matrix', () => {
  it('is every subset in every order when nothing is declared', () => {
    expect(names([plugin('a'), plugin('b'), plugin('c')]).toSorted()).toEqual(
      ['no plugin', 'a', 'b', 'c', 'a > b', 'b > a', 'a > c', 'c > a', 'b > c', 'c > b']
        .concat(['a > b > c', 'a > c > b', 'b > a > c', 'b > c > a', 'c > a > b', 'c > b > a'])
        .toSorted(),
    );
  });

  it('is only what the declarations allow', () => {
    const plugins = [
      plugin('a', { requires: ['b'] }),
      plugin('b'),
      plugin('c', { order: 'pre' }),
      plugin('d', { before: ['b'] }),
    ];
    expect(names(plugins).filter((name) => name.split(' > ').length >= 3)).toEqual(
      expect.arrayContaining(['c > d > b > a', 'd > b > a', 'c > b > a', 'c > d > b']),
    );
    expect(names(plugins)).toHaveLength(12);
    expect(incompleteSubsets(plugins).map(({ missing }) => missing)).toEqual([['b'], ['b'], ['b'], ['b']]);
  });

  it('loads every combination in the order that its name says', async () => {
    const plugins = [plugin('a', { after: ['b'] }), plugin('b'), plugin('c', { order: 'post' }), plugin('d')];
    const checked = await checkMatrix(plugins, async (combination, { name }) => {
      const loaded = await load(combination);
      expect(
        loaded
          .explainOrder()
          .map((row) => row.plugin)
          .join(' > ') || 'no plugin',
      ).toBe(name);
    });
    expect(checked).toBe(names(plugins).length);
  });

  it('finds two plugins whose result depends on an order that they do not declare', async () => {
    const patching = (name: string, patch: (priority: number) => number) =>
      plugin(name, {
        hooks: { before_task_delegate: ({ priority }: { priority: number }) => ({ priority: patch(priority) }) },
        writes: { before_task_delegate: { priority: 'max' } },
      });
    const plugins = [patching('a', (priority) => priority + 10), patching('b', (priority) => priority * 2)];
    const failure = await failureOf(() =>
      checkMatrix(plugins, async (combination) => {
        const event = await (await load(combination)).begin().transform('before_task_delegate', delegateEvent());
        if (combination.length === 2) expect(event.priority).toBe(120);
      }),
    );
    expect(failure.message).toMatch(/^with b > a: expected 110 to be 120/);
  });
});
