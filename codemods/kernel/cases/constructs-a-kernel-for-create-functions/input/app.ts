import { createSimpleOrchestrator, create_simple_orchestrator as create } from '@hive/core/simple_orchestrator';

const first = createSimpleOrchestrator();
const second = create();

export async function third() {
  return (await createSimpleOrchestrator()).get_system_status();
}
void [first, second];
