export { ADAPTERS, type LegacyInterface, type LegacyType, legacyInterface } from './registry.ts';
export { WIRES } from './wires.ts';
