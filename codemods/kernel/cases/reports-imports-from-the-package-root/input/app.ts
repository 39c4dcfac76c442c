import { SimpleOrchestrator } from '@hive/core';
import { something } from '@hive/core';
export { AgentRole } from '@hive/core/index.js';

export const orchestrator = new SimpleOrchestrator(something);
