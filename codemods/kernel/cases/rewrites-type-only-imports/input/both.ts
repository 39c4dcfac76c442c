import type { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
import { createSimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const orchestrator: SimpleOrchestrator = createSimpleOrchestrator();
