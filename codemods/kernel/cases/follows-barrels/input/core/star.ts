export * from '@hive/core/simple_orchestrator';
