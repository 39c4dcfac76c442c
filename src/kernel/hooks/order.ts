import { BanyanError } from '../../contract/errors.ts';
import type { AnyPlugin } from '../../contract/plugins.ts';

/** One plugin's place in the order, and why it stands there. */
export type OrderRow = {
  readonly position: number;
  readonly plugin: string;
  readonly why: readonly string[];
};

/** `first` runs before `second`, because `says`. */
type Edge = { readonly first: string; readonly second: string; readonly says: string };

const ORDERS = ['pre', 'normal', 'post'] as const;

/**
 * The order in which plugins run: before, after and requires decide; where they leave it open, pre before
 * normal before post; where that leaves it open too, the name. Throws PLUGIN_MISSING and PLUGIN_CYCLE.
 */
export function orderPlugins(plugins: readonly AnyPlugin[]): readonly AnyPlugin[] {
  refuseMissing(plugins);
  const edges = edgesOf(plugins);
  const waiting = plugins.toSorted(byOrderThenName);
  const placed: AnyPlugin[] = [];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((plugin) => !waitsForAny(plugin, waiting, edges));
    if (ready === -1) throw cycleError(waiting, edges);
    placed.push(...waiting.splice(ready, 1));
  }
  return placed;
}

/** The order with its reasons, for people. Takes plugins in order. */
export function explainPlaces(ordered: readonly AnyPlugin[]): readonly OrderRow[] {
  const edges = edgesOf(ordered);
  return ordered.map((plugin, i) => ({ position: i + 1, plugin: plugin.name, why: whyThere(ordered, i, edges) }));
}

function whyThere(ordered: readonly AnyPlugin[], i: number, edges: readonly Edge[]): readonly string[] {
  const plugin = ordered[i] as AnyPlugin;
  const bound = edges.filter((edge) => edge.second === plugin.name).map((edge) => edge.says);
  const previous = ordered[i - 1];
  if (previous === undefined || bound.length > 0) return bound.length > 0 ? bound : ['it is free to be first'];
  return [againstPrevious(previous, plugin, edges)];
}

function againstPrevious(previous: AnyPlugin, plugin: AnyPlugin, edges: readonly Edge[]): string {
  const [before, own] = [orderOf(previous), orderOf(plugin)];
  if (byOrderThenName(previous, plugin) > 0)
    return `${previous.name} must run before ${whomItPrecedes(previous, edges)}`;
  if (before !== own) return `${previous.name} is '${before}', ${plugin.name} is '${own}'`;
  return `both are '${own}'; ${previous.name} comes before ${plugin.name} by name`;
}

function whomItPrecedes(plugin: AnyPlugin, edges: readonly Edge[]): string {
  const followers = edges.filter((edge) => edge.first === plugin.name).map((edge) => edge.second);
  return followers.join(' and ');
}

function orderOf(plugin: AnyPlugin): (typeof ORDERS)[number] {
  return plugin.order ?? 'normal';
}

function byOrderThenName(a: AnyPlugin, b: AnyPlugin): number {
  const byOrder = ORDERS.indexOf(orderOf(a)) - ORDERS.indexOf(orderOf(b));
  return byOrder !== 0 ? byOrder : a.name < b.name ? -1 : 1;
}

function edgesOf(plugins: readonly AnyPlugin[]): readonly Edge[] {
  const loaded = new Set(plugins.map((plugin) => plugin.name));
  return plugins.flatMap(declaredEdges).filter((edge) => loaded.has(edge.first) && loaded.has(edge.second));
}

function declaredEdges({ name, requires = [], after = [], before = [] }: AnyPlugin): readonly Edge[] {
  return [
    ...requires.map((other: string) => ({ first: other, second: name, says: `${name} requires ${other}` })),
    ...after.map((other: string) => ({ first: other, second: name, says: `${name} is after ${other}` })),
    ...before.map((other: string) => ({ first: name, second: other, says: `${name} is before ${other}` })),
  ];
}

function waitsForAny(plugin: AnyPlugin, waiting: readonly AnyPlugin[], edges: readonly Edge[]): boolean {
  return edges.some((edge) => edge.second === plugin.name && waiting.some((other) => other.name === edge.first));
}

function refuseMissing(plugins: readonly AnyPlugin[]): void {
  const loaded = new Set(plugins.map((plugin) => plugin.name));
  const missing = plugins.flatMap((plugin) =>
    (plugin.requires ?? [])
      .filter((name: string) => !loaded.has(name))
      .map(
        (name: string) => `${requirePath(plugin, plugins).join(' requires ')} requires ${name}, which is not loaded`,
      ),
  );
  if (missing.length > 0) throw new BanyanError('PLUGIN_MISSING', missing.join('; '));
}

/** From a plugin that nobody requires down to `plugin`. */
function requirePath(plugin: AnyPlugin, plugins: readonly AnyPlugin[]): readonly string[] {
  const path: string[] = [];
  for (let at: AnyPlugin | undefined = plugin; at !== undefined; ) {
    path.unshift(at.name);
    const name: string = at.name;
    at = plugins.find((above) => (above.requires ?? []).includes(name) && !path.includes(above.name));
  }
  return path;
}

/** Every plugin that still waits for one that waits lies on a cycle or behind one: walk until one comes twice. */
function cycleError(waiting: readonly AnyPlugin[], edges: readonly Edge[]): BanyanError {
  const names = new Set(waiting.map((plugin) => plugin.name));
  const walked: Edge[] = [];
  let at = (waiting[0] as AnyPlugin).name;
  while (!walked.some((edge) => edge.second === at)) {
    const edge = edges.find((candidate) => candidate.second === at && names.has(candidate.first)) as Edge;
    walked.push(edge);
    at = edge.first;
  }
  const cycle = walked.slice(walked.findIndex((edge) => edge.second === at));
  return new BanyanError(
    'PLUGIN_CYCLE',
    `the plugins wait for each other: ${cycle.map((edge) => edge.says).join(', ')}`,
  );
}
