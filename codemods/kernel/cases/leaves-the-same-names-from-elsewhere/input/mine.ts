export class SimpleOrchestrator {
  delegate_task(): void {}
}
export enum AgentRole {
  QA_ENGINEER = 'qa',
}
