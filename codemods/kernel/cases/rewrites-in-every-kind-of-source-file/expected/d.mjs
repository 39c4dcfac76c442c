import { OrchestratorV2 } from 'banyan/kernel'
import { legacyInterface } from 'banyan/adapters'
let d
d = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))
export { d }
