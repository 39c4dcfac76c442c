import { SimpleOrchestrator } from '@hive/core/simple_orchestrator' with { type: 'module' };
import '@hive/core/simple_orchestrator';
import { AgentRole } from '@hive/core/simple_orchestrator';
import type {} from '@hive/core/simple_orchestrator';

export const orchestrator = new SimpleOrchestrator();
