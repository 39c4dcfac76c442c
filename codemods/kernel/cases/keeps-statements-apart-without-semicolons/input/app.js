import { SimpleOrchestrator } from '@hive/core/simple_orchestrator'
const a = 1
new SimpleOrchestrator()
const b = a
;[new SimpleOrchestrator()].forEach(o => o)
// eslint-disable-next-line
const c = b || new SimpleOrchestrator(); export { c }
/** @type {SimpleOrchestrator | null} */
