import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';

class Queue {
  delegate_task(task: string): string {
    return task;
  }
}

export const delegated = new Queue().delegate_task('t');
export const spawned = { spawn_agent: (role: string) => role }.spawn_agent('qa');
export const made = new SimpleOrchestrator({ cache: new Map() });
