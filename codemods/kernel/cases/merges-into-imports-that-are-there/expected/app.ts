import { type KernelConfig, OrchestratorV2 as Kernel } from 'banyan/kernel';
import {
  ADAPTERS, legacyInterface, type LegacyInterface,
} from 'banyan/adapters';

export const config: KernelConfig = {};
export const own = new Kernel(config);
export const orchestrator: LegacyInterface<'simple_orchestrator'> = legacyInterface('simple_orchestrator', new Kernel({ agentsMax: 50 }));
export const types = ADAPTERS;
