import { AgentRole, SimpleOrchestrator } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export async function staff(name: string, given: { role: string }, rest: [string], unknown: any) {
  await orchestrator.spawn_agent(AgentRole.QA_ENGINEER);
  await orchestrator.spawn_agent(AgentRole.QA_ENGINEER, name);
  await orchestrator.spawn_agent(...rest);
  await orchestrator.shutdown_agent(name);

  await orchestrator.spawn_agent({ role: AgentRole.QA_ENGINEER });
  await orchestrator.spawn_agent(given);
  await orchestrator.spawn_agent(unknown);
  await { spawn_agent: (role: string) => role }.spawn_agent(name);
  return orchestrator.get_system_status();
}
