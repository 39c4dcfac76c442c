import type { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export declare const orchestrator: SimpleOrchestrator;
