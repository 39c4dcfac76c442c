import { create_simple_orchestrator, SimpleOrchestrator } from '@hive/core/simple_orchestrator';

export type Pool = Map<string, SimpleOrchestrator> | readonly SimpleOrchestrator[];
export type Made = InstanceType<typeof SimpleOrchestrator>;
export type AlsoMade = ReturnType<typeof create_simple_orchestrator>;
export interface Wide extends SimpleOrchestrator {
  more: string;
}
export class Double implements SimpleOrchestrator {
  [name: string]: any;
  spawn_agent: SimpleOrchestrator['spawn_agent'] = async () => 'a1';
  delegate_task!: any;
  shutdown_agent!: any;
  get_system_status!: any;
}
export function isOrchestrator(value: unknown): value is SimpleOrchestrator {
  return (value as SimpleOrchestrator).spawn_agent !== undefined;
}
export const inline = (given: import('@hive/core/simple_orchestrator').SimpleOrchestrator) => given;
