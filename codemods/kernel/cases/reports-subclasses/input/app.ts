import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export class Desk extends SimpleOrchestrator {
  override async spawn_agent(given: object): Promise<string> {
    return super.spawn_agent(given);
  }
}

const Timed = <T extends new (...given: any[]) => object>(Base: T) => class extends Base {};
export class TimedDesk extends Timed(SimpleOrchestrator) {}
export const annotated = (desk: SimpleOrchestrator) => desk;
