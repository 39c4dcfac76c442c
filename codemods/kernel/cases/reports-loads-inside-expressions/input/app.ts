export const first = import('@hive/core/simple_orchestrator').then((legacy) => new legacy.SimpleOrchestrator());
export const second = import('@hive/core/simple_orchestrator').then(({ SimpleOrchestrator }) => new SimpleOrchestrator());
export const third = async () => new (await import('@hive/core/simple_orchestrator')).SimpleOrchestrator();
export const fourth = require('@hive/core/simple_orchestrator').create_simple_orchestrator();
const retries = 3,
  { AgentRole } = require('@hive/core/simple_orchestrator');
export const fifth = [retries, AgentRole.QA_ENGINEER];
const { SimpleOrchestrator = null, ...rest } = require('@hive/core/simple_orchestrator');
export const sixth = [SimpleOrchestrator, rest];
