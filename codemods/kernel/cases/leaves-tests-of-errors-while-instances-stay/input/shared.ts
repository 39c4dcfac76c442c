import { get_simple_orchestrator } from '@hive/core/simple_orchestrator';

export const orchestrator = get_simple_orchestrator();
