import { SimpleOrchestrator } from '@hive/core/simple_orchestrator'
let d
d = new SimpleOrchestrator()
export { d }
