/** Every legacy type that Banyan knows, one row each. */
import type { Adapter, Surroundings } from '../src/contract/adapter.ts';
import type { Kernel } from '../src/contract/kernel.ts';
import { adapter as simpleOrchestrator } from './simple_orchestrator/adapter.ts';

export const ADAPTERS = {
  simple_orchestrator: simpleOrchestrator,
} as const satisfies Record<string, Adapter>;

export type LegacyType = keyof typeof ADAPTERS;

/** The object with the methods of a legacy type. */
export type LegacyInterface<Type extends LegacyType> = ReturnType<(typeof ADAPTERS)[Type]['open']>;

/**
 * The legacy methods of a type over a kernel of its own. Arguments are named, as Python callers name them:
 * `legacyInterface('simple_orchestrator', kernel).spawn_agent({ role: 'qa_engineer' })`.
 */
export function legacyInterface<Type extends LegacyType>(
  type: Type,
  kernel: Kernel,
  surroundings?: Surroundings,
): LegacyInterface<Type> {
  return ADAPTERS[type].open(kernel, surroundings) as LegacyInterface<Type>;
}
