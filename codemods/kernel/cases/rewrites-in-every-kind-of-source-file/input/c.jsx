import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export const C = () => <Desk orchestrator={new SimpleOrchestrator()} />;
