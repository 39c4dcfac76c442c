import { get_simple_orchestrator, setSimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const orchestrator = get_simple_orchestrator();
export const spawn = () => get_simple_orchestrator().spawn_agent({ role: 'qa_engineer' });
setSimpleOrchestrator(orchestrator);
export const provider = { provide: 'orchestrator', useFactory: get_simple_orchestrator };
