export type A = (typeof import('@hive/core/simple_orchestrator'))['SimpleOrchestrator'];
export type B = import('@hive/core/simple_orchestrator').SimpleOrchestrator['spawn_agent'];
export type C = import('@hive/core/simple_orchestrator').AgentRole.QA_ENGINEER;
export type D = typeof import('@hive/core/simple_orchestrator').AgentRole;
export type E = InstanceType<typeof import('@hive/core/simple_orchestrator').SimpleOrchestrator>;
export type F = import('@hive/core/simple_orchestrator').AgentRole[];
export type G = import('@hive/core/simple_orchestrator').Nope;
