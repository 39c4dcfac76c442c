import { type Arbitrary, assert, constantFrom, property, record, subarray, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import { explainPlaces, orderPlugins } from '../../../src/kernel/hooks/order.ts';
import { failureOf, load, plugin } from './support.ts';

const namesOf = (plugins: readonly AnyPlugin[]) => plugins.map(({ name }) => name);

describe('the order of plugins', () => {
  it('is by name when nothing is declared, whatever the order of the list', () => {
    expect(namesOf(orderPlugins([plugin('c'), plugin('a'), plugin('b')]))).toEqual(['a', 'b', 'c']);
  });

  it('is pre, normal, post before it is by name', () => {
    const plugins = [plugin('a', { order: 'post' }), plugin('b'), plugin('c', { order: 'pre' })];
    expect(namesOf(orderPlugins(plugins))).toEqual(['c', 'b', 'a']);
  });

  it('is topological before it is anything else', () => {
    const plugins = [
      plugin('a', { order: 'pre', requires: ['z'] }),
      plugin('m', { after: ['a'] }),
      plugin('z', { order: 'post' }),
      plugin('b', { before: ['z'] }),
    ];
    expect(namesOf(orderPlugins(plugins))).toEqual(['b', 'z', 'a', 'm']);
  });

  it('ignores before and after of plugins that are not loaded', () => {
    expect(namesOf(orderPlugins([plugin('b', { before: ['x'] }), plugin('a', { after: ['y'] })]))).toEqual(['a', 'b']);
  });

  it('names the path of what is missing', async () => {
    const failure = await failureOf(() =>
      load([plugin('reports', { requires: ['metrics'] }), plugin('metrics', { requires: ['clock'] })]),
    );
    expect(failure).toEqual({
      code: 'PLUGIN_MISSING',
      message: 'reports requires metrics requires clock, which is not loaded',
    });
  });

  it('names the path of a cycle, and not what waits behind it', async () => {
    const failure = await failureOf(() =>
      load([
        plugin('a', { requires: ['b'] }),
        plugin('b', { after: ['c'] }),
        plugin('c', { requires: ['d'] }),
        plugin('d', { after: ['c'] }),
      ]),
    );
    expect(failure).toEqual({
      code: 'PLUGIN_CYCLE',
      message: 'the plugins wait for each other: c requires d, d is after c',
    });
  });

  it('explains each place', async () => {
    const plugins = await load([
      plugin('audit', { order: 'post' }),
      plugin('context', { after: ['security'] }),
      plugin('metrics'),
      plugin('security', { order: 'pre' }),
      plugin('tracing', { order: 'post' }),
    ]);
    expect(plugins.explainOrder()).toEqual([
      { position: 1, plugin: 'security', why: ['it is free to be first'] },
      { position: 2, plugin: 'context', why: ['context is after security'] },
      { position: 3, plugin: 'metrics', why: ["both are 'normal'; context comes before metrics by name"] },
      { position: 4, plugin: 'audit', why: ["metrics is 'normal', audit is 'post'"] },
      { position: 5, plugin: 'tracing', why: ["both are 'post'; audit comes before tracing by name"] },
    ]);
  });

  it('explains a plugin that comes early because another waits for it', () => {
    const ordered = orderPlugins([
      plugin('a', { requires: ['z'] }),
      plugin('z', { order: 'post' }),
      plugin('zz', { order: 'post' }),
    ]);
    expect(explainPlaces(ordered).map(({ plugin, why }) => [plugin, why[0]])).toEqual([
      ['z', 'it is free to be first'],
      ['a', 'a requires z'],
      ['zz', "a is 'normal', zz is 'post'"],
    ]);
  });
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const few = subarray(NAMES, { maxLength: 2 });

function anyPlugin(name: string): Arbitrary<AnyPlugin> {
  return record({ requires: few, before: few, after: few, order: constantFrom('pre', 'normal', 'post') }).map(
    (parts) => {
      const others = (names: string[]) => names.filter((other) => other !== name);
      const { requires, before, after, order } = parts;
      return plugin(name, {
        requires: others(requires),
        before: others(before),
        after: others(after),
        order: order as 'pre',
      });
    },
  );
}

const anyPlugins = tuple(subarray(NAMES), tuple(...NAMES.map(anyPlugin))).map(([loaded, all]) =>
  all.filter(({ name }) => loaded.includes(name)),
);

/** Pairs of loaded plugins [first, second], read straight from the declarations. */
function pairs(plugins: readonly AnyPlugin[]): [string, string][] {
  const all = plugins.flatMap(({ name, requires = [], after = [], before = [] }) => [
    ...[...requires, ...after].map((other): [string, string] => [other, name]),
    ...before.map((other: string): [string, string] => [name, other]),
  ]);
  return all.filter((pair) => pair.every((name) => namesOf(plugins).includes(name)));
}

describe('any set of plugins', () => {
  it('loads in a legal order, or fails naming what is really missing or a cycle that is really there', () => {
    assert(
      property(anyPlugins, (plugins) => {
        let ordered: readonly AnyPlugin[];
        try {
          ordered = orderPlugins(plugins);
        } catch (error) {
          isTrue(plugins, error as { code: string; message: string });
          return;
        }
        isLegal(plugins, ordered);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it('loads in the same order however the list is written', () => {
    assert(
      property(anyPlugins, (plugins) => {
        const order = (list: readonly AnyPlugin[]) => {
          try {
            return namesOf(orderPlugins(list));
          } catch (error) {
            return (error as { code: string }).code;
          }
        };
        expect(order(plugins.toReversed())).toEqual(order(plugins));
      }),
      { numRuns: 500, seed: 8 },
    );
  });
});

function isLegal(plugins: readonly AnyPlugin[], ordered: readonly AnyPlugin[]): void {
  const names = namesOf(ordered);
  expect(names.toSorted()).toEqual(namesOf(plugins).toSorted());
  for (const [first, second] of pairs(plugins)) expect(names.indexOf(first)).toBeLessThan(names.indexOf(second));
}

function isTrue(plugins: readonly AnyPlugin[], error: { code: string; message: string }): void {
  if (error.code === 'PLUGIN_MISSING') {
    const missing = [...error.message.matchAll(/requires (\w+), which is not loaded/g)].map(([, name]) => name);
    expect(missing.length).toBeGreaterThan(0);
    for (const name of missing) expect(namesOf(plugins)).not.toContain(name);
    return;
  }
  expect(error.code).toBe('PLUGIN_CYCLE');
  const steps = [...error.message.matchAll(/(\w) (requires|is after|is before) (\w)/g)].map(([, one, how, other]) =>
    how === 'is before' ? [one, other] : [other, one],
  );
  expect(steps.length).toBeGreaterThan(0);
  for (const [i, step] of steps.entries()) {
    expect(pairs(plugins)).toContainEqual(step);
    expect(step[0]).toBe(steps[(i + 1) % steps.length]?.[1]);
  }
}
