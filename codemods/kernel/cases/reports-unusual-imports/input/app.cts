import legacy = require('@hive/core/simple_orchestrator');

export const orchestrator = new legacy.SimpleOrchestrator();
