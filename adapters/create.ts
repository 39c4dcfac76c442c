import type { Adapter } from '../src/contract/adapter.ts';
import { BanyanError } from '../src/contract/errors.ts';
import { type KernelConfig, OrchestratorV2 } from '../src/kernel/index.ts';
import { ADAPTERS } from './registry.ts';

/**
 * The kernel in the place of a legacy orchestrator, with the limits that its callers know. The module is the one
 * they import (`app.core.simple_orchestrator`) or the name of the type.
 * @throws {BanyanError} UNKNOWN_TYPE
 */
export function createOrchestratorFromLegacyImport(module: string, config: KernelConfig = {}): OrchestratorV2 {
  return new OrchestratorV2({ ...adapterOf(module).kernel, ...config });
}

function adapterOf(module: string): Adapter {
  const adapters: readonly Adapter[] = Object.values(ADAPTERS);
  const adapter = adapters.find((candidate) => candidate.module === module || candidate.type === module);
  if (adapter !== undefined) return adapter;
  const known = adapters.map((candidate) => candidate.module).join(', ');
  throw new BanyanError('UNKNOWN_TYPE', `module ${module}: expected one of ${known}`);
}
