/**
 * Every way in which some plugins can be loaded together: each subset that has what it requires, in each order
 * that the rules allow (the engine itself always takes the first of them, by name). A suite that holds for all
 * of them proves that the plugins do not depend on each other in ways that they do not declare.
 */
import type { AnyPlugin } from '../../../src/contract/plugins.ts';

export type Combination = {
  /** Plugins as they will run, for the test's name: `security > metrics`. */
  readonly name: string;
  /** Copies whose order is pinned by additional `after`s. */
  readonly plugins: readonly AnyPlugin[];
};

export function combinationsOf(plugins: readonly AnyPlugin[]): readonly Combination[] {
  return subsetsOf(plugins)
    .filter((subset) => missingIn(subset).length === 0)
    .flatMap((subset) => legalOrders(subset))
    .map((order) => ({ name: order.map(({ name }) => name).join(' > ') || 'no plugin', plugins: pinned(order) }));
}

/** Subsets that cannot be loaded, with the plugins that they miss. */
export function incompleteSubsets(
  plugins: readonly AnyPlugin[],
): readonly { subset: readonly AnyPlugin[]; missing: readonly string[] }[] {
  return subsetsOf(plugins)
    .map((subset) => ({ subset, missing: missingIn(subset) }))
    .filter(({ missing }) => missing.length > 0);
}

/** Runs `check` on every combination, one after the other; fails naming the combination. */
export async function checkMatrix(
  plugins: readonly AnyPlugin[],
  check: (plugins: readonly AnyPlugin[], combination: Combination) => void | Promise<void>,
): Promise<number> {
  const combinations = combinationsOf(plugins);
  for (const combination of combinations) {
    try {
      await check(combination.plugins, combination);
    } catch (error) {
      throw new Error(`with ${combination.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return combinations.length;
}

function subsetsOf<T>([first, ...rest]: readonly T[]): readonly (readonly T[])[] {
  if (first === undefined) return [[]];
  const without = subsetsOf(rest);
  return [...without, ...without.map((subset) => [first, ...subset])];
}

function missingIn(subset: readonly AnyPlugin[]): readonly string[] {
  const loaded = subset.map(({ name }) => name);
  return subset.flatMap(({ requires = [] }) => requires).filter((name) => !loaded.includes(name));
}

const ORDERS = ['pre', 'normal', 'post'];

/** At each place stands any plugin that waits for none of the others, among those the earliest of pre, normal, post. */
function legalOrders(plugins: readonly AnyPlugin[]): readonly (readonly AnyPlugin[])[] {
  if (plugins.length === 0) return [[]];
  const ready = plugins.filter((plugin) => !plugins.some((other) => mustPrecede(other, plugin)));
  const earliest = Math.min(...ready.map(rank));
  return ready
    .filter((plugin) => rank(plugin) === earliest)
    .flatMap((plugin) => legalOrders(plugins.filter((other) => other !== plugin)).map((rest) => [plugin, ...rest]));
}

function mustPrecede(first: AnyPlugin, second: AnyPlugin): boolean {
  const { requires = [], after = [] } = second;
  return [...requires, ...after].includes(first.name) || (first.before ?? []).includes(second.name);
}

function rank({ order = 'normal' }: AnyPlugin): number {
  return ORDERS.indexOf(order);
}

function pinned(order: readonly AnyPlugin[]): readonly AnyPlugin[] {
  return order.map((plugin, i) => ({
    ...plugin,
    after: [...(plugin.after ?? []), ...order.slice(0, i).map(({ name }) => name)],
  }));
}
