import { type KernelConfig, OrchestratorV2 as Kernel } from 'banyan/kernel';
import {
  ADAPTERS,
} from 'banyan/adapters';
import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const config: KernelConfig = {};
export const own = new Kernel(config);
export const orchestrator: SimpleOrchestrator = new SimpleOrchestrator();
export const types = ADAPTERS;
