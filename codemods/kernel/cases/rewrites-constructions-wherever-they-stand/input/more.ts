import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
const SimpleOrchestrators = { one: new SimpleOrchestrator() } as const;
function legacyInterface() {} 
export { legacyInterface, SimpleOrchestrators };
