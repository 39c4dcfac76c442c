import { OrchestratorV2 } from 'banyan/kernel'
import { legacyInterface } from 'banyan/adapters'
const a = 1
legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))
const b = a
;[legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))].forEach(o => o)
// eslint-disable-next-line
const c = b || legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })); export { c }
/** @type {import('banyan/adapters').LegacyInterface<'simple_orchestrator'> | null} */
