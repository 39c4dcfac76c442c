import { BanyanError } from '../../contract/errors.ts';
import type { PluginState, SavedState } from '../../contract/plugins.ts';
import type { LoadedPlugin } from './loaded-plugin.ts';

/** A copy. `null` for a plugin that has none, or none that is known. */
export async function savedStateOf(plugin: LoadedPlugin): Promise<SavedState | null> {
  const shape: PluginState<unknown> | undefined = plugin.definition.state;
  if (shape === undefined) return null;
  const current = await currentStateOf(plugin);
  return current === undefined ? null : { version: shape.version, state: structuredClone(current) };
}

/** The state itself, not a copy, where it is here. `undefined`: it is not known. */
export function currentStateOf({ definition, state }: LoadedPlugin): unknown {
  const shape: PluginState<unknown> | undefined = definition.state;
  return shape?.elsewhere ? shape.elsewhere.fetch() : state;
}

/** Begins anew, in place. A state elsewhere does that by itself. */
export function clearState({ definition, state }: LoadedPlugin): void {
  const shape: PluginState<unknown> | undefined = definition.state;
  if (shape !== undefined && !shape.elsewhere) restoreInto(state, shape.initial());
}

/** Puts saved state in place of what a plugin has. @throws PLUGIN_INVALID for a version that it cannot migrate */
export async function replaceState({ name, definition, state }: LoadedPlugin, saved: SavedState): Promise<void> {
  const shape: PluginState<unknown> | undefined = definition.state;
  if (shape === undefined) return;
  if (shape.elsewhere) await shape.elsewhere.replace(saved);
  else restoreInto(state, migrated(name, shape, saved));
}

/** Brings saved state to the version that the plugin has now. */
function migrated(plugin: string, shape: PluginState<unknown>, saved: SavedState): unknown {
  if (saved.version === shape.version) return structuredClone(saved.state);
  if (shape.migrate !== undefined) return shape.migrate(structuredClone(saved.state), saved.version);
  throw new BanyanError(
    'PLUGIN_INVALID',
    `plugin ${plugin}: saved state has version ${saved.version}, the plugin has ${shape.version} and no migrate`,
  );
}

/** What a snapshot holds of a plugin. */
export function savedFor(plugin: LoadedPlugin, snapshot: Readonly<Record<string, SavedState>>): SavedState | null {
  if (plugin.definition.state === undefined || !Object.hasOwn(snapshot, plugin.name)) return null;
  return snapshot[plugin.name] ?? null;
}

/**
 * Makes `target` equal to `source` in place: records, arrays, maps and sets that are on both sides stay the
 * same objects, so whoever holds one of them keeps seeing the state. Takes parts of `source` over as they are.
 */
export function restoreInto(target: unknown, source: unknown, seen = new Map<unknown, unknown>()): unknown {
  const restore = RESTORE[kindOf(source)];
  if (restore === undefined || kindOf(target) !== kindOf(source)) return source;
  if (seen.has(source)) return seen.get(source);
  seen.set(source, target);
  restore(target as never, source as never, (inner, saved) => restoreInto(inner, saved, seen));
  return target;
}

type Restore = (target: never, source: never, inner: Inner) => void;
type Inner = (target: unknown, source: unknown) => unknown;

const RESTORE: Readonly<Record<string, Restore>> = {
  record: restoreRecord,
  array: restoreArray,
  map: restoreMap,
  set: restoreSet,
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'map';
  if (value instanceof Set) return 'set';
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? 'record' : 'value';
}

function restoreRecord(target: Record<string, unknown>, source: Record<string, unknown>, inner: Inner): void {
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) delete target[key];
  for (const key of Object.keys(source)) if (key !== '__proto__') target[key] = inner(target[key], source[key]);
}

function restoreArray(target: unknown[], source: unknown[], inner: Inner): void {
  target.length = source.length;
  source.forEach((value, i) => {
    target[i] = inner(target[i], value);
  });
}

/** Keys that are objects cannot be found again; their values are taken over. */
function restoreMap(target: Map<unknown, unknown>, source: Map<unknown, unknown>, inner: Inner): void {
  const before = new Map(target);
  target.clear();
  for (const [key, value] of source) target.set(key, inner(before.get(key), value));
}

function restoreSet(target: Set<unknown>, source: Set<unknown>): void {
  target.clear();
  for (const value of source) target.add(value);
}
