import type { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const status = (orchestrator: SimpleOrchestrator) => orchestrator.get_system_status();
