import type { LegacyInterface } from 'banyan/adapters';

export type Pool = Map<string, LegacyInterface<'simple_orchestrator'>> | readonly LegacyInterface<'simple_orchestrator'>[];
export type Made = LegacyInterface<'simple_orchestrator'>;
export type AlsoMade = LegacyInterface<'simple_orchestrator'>;
export interface Wide extends LegacyInterface<'simple_orchestrator'> {
  more: string;
}
export class Double implements LegacyInterface<'simple_orchestrator'> {
  [name: string]: any;
  spawn_agent: LegacyInterface<'simple_orchestrator'>['spawn_agent'] = async () => 'a1';
  delegate_task!: any;
  shutdown_agent!: any;
  get_system_status!: any;
}
export function isOrchestrator(value: unknown): value is LegacyInterface<'simple_orchestrator'> {
  return (value as LegacyInterface<'simple_orchestrator'>).spawn_agent !== undefined;
}
export const inline = (given: import('banyan/adapters').LegacyInterface<'simple_orchestrator'>) => given;
