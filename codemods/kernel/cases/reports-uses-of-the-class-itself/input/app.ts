import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export const name = SimpleOrchestrator.name;
export const patched = (SimpleOrchestrator.prototype.spawn_agent = async () => 'a1');
jest.spyOn(SimpleOrchestrator.prototype, 'delegate_task');
export const built = Reflect.construct(SimpleOrchestrator, []);
export const orchestrator = new SimpleOrchestrator();
