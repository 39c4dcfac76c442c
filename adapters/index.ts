export { createOrchestratorFromLegacyImport } from './create.ts';
export { ADAPTERS, type LegacyInterface, type LegacyType, legacyInterface } from './registry.ts';
export { WIRES } from './wires.ts';
