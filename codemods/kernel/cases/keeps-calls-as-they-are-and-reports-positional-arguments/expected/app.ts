import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface } from 'banyan/adapters';

const orchestrator = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }));

export async function staff(name: string, given: { role: string }, rest: [string], unknown: any) {
  await orchestrator.spawn_agent('qa_engineer');
  await orchestrator.spawn_agent('qa_engineer', name);
  await orchestrator.spawn_agent(...rest);
  await orchestrator.shutdown_agent(name);

  await orchestrator.spawn_agent({ role: 'qa_engineer' });
  await orchestrator.spawn_agent(given);
  await orchestrator.spawn_agent(unknown);
  await { spawn_agent: (role: string) => role }.spawn_agent(name);
  return orchestrator.get_system_status();
}
