import { createSimpleOrchestrator, SimpleOrchestrator } from '@hive/core/simple_orchestrator';

const Chosen = SimpleOrchestrator;
export const chosen = new Chosen();
export const either = new (Math.random() > 2 ? Chosen : SimpleOrchestrator)();
export const parenthesised = new (SimpleOrchestrator)();
export const registry = { SimpleOrchestrator, make: createSimpleOrchestrator };
export const optional = createSimpleOrchestrator?.();
export type Constructor = typeof SimpleOrchestrator;
container.bind(SimpleOrchestrator).toSelf();
