import { join } from 'node:path';
import { createOrchestratorFromLegacyImport } from '../../adapters/index.ts';
import type { Adapter } from '../contract/adapter.ts';
import type { Orchestrator } from '../contract/orchestrator.ts';

/** A kernel for one type, ready: what an earlier host left in `<stateDir>/<type>.sqlite` is taken up. */
export async function openKernel(adapter: Adapter, stateDir: string | null): Promise<Orchestrator> {
  const store = stateDir === null ? {} : { store: join(stateDir, `${adapter.type}.sqlite`) };
  const kernel = createOrchestratorFromLegacyImport(adapter.module, store);
  await kernel.start();
  return kernel;
}
