import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

const orchestrator = new SimpleOrchestrator();

export async function staff(): Promise<string> {
  const id = await orchestrator.spawn_agent({ role: 'qa_engineer' });
  await new SimpleOrchestrator().get_system_status();
  return id;
}

export class Desk {
  readonly orchestrator = new SimpleOrchestrator;
  make = () => new SimpleOrchestrator();
}
