import type { LegacyInterface } from 'banyan/adapters';

export const status = (orchestrator: LegacyInterface<'simple_orchestrator'>) => orchestrator.get_system_status();
