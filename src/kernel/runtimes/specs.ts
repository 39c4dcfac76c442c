import type { RuntimeSpec } from '../../contract/agents.ts';
import { BanyanError } from '../../contract/errors.ts';

/** A runtime as an agent's record keeps it: a function cannot be kept, but its name can. */
export type StoredRuntime = {
  /** What people see: the name it was asked for by, or its kind. */
  readonly name: string;
  /** `null`: look the name up, or it is a function given with the spawn. */
  readonly spec: Exclude<RuntimeSpec, { kind: 'function' }> | null;
};

/** Runtimes that need no config. */
const BUILT_IN = {
  manual: { kind: 'manual' },
  rehearsal: { kind: 'rehearsal' },
} as const satisfies Record<string, RuntimeSpec>;

export type NamedRuntimes = Readonly<Record<string, RuntimeSpec>>;

/** @throws {BanyanError} BAD_INPUT for a name that nobody gave a runtime */
export function storedRuntime(asked: string | RuntimeSpec, named: NamedRuntimes): StoredRuntime {
  if (typeof asked !== 'string') return { name: asked.kind, spec: asked.kind === 'function' ? null : asked };
  if (lookUp(asked, named) !== null) return { name: asked, spec: null };
  const names = [...Object.keys(BUILT_IN), ...Object.keys(named)].join(', ');
  throw new BanyanError('BAD_INPUT', `runtime: there is none named "${asked}"; known are ${names}`);
}

/** `null`: it was a function given with the spawn, or the config no longer has it. */
export function runtimeSpec(stored: StoredRuntime, named: NamedRuntimes): RuntimeSpec | null {
  return stored.spec ?? lookUp(stored.name, named);
}

function lookUp(name: string, named: NamedRuntimes): RuntimeSpec | null {
  if (Object.hasOwn(named, name)) return named[name] ?? null;
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name as keyof typeof BUILT_IN] : null;
}
