// import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
/* new SimpleOrchestrator() from "@hive/core/simple_orchestrator" */
export const help = `see '@hive/core/simple_orchestrator' for new SimpleOrchestrator()`;
export const text = "from '@hive/core/simple_orchestrator'";
export const pattern = /'@hive\/core\/simple_orchestrator'/;
