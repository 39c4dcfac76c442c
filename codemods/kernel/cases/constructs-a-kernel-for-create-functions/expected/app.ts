import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const first = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
const second = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export async function third() {
  return (await legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))).get_system_status();
}
void [first, second];
