import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export async function staff(): Promise<string> {
  const id = await orchestrator.spawn_agent({ role: 'qa_engineer' });
  await legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })).get_system_status();
  return id;
}

export class Desk {
  readonly orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
  make = () => legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));
}
