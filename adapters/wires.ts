/** The wires alone, for programs that answer nothing themselves and so need no adapter and no kernel. */
import type { Wire } from '../src/contract/wire.ts';
import type { LegacyType } from './registry.ts';
import { wire as simpleOrchestrator } from './simple_orchestrator/wire.ts';

export const WIRES = {
  simple_orchestrator: simpleOrchestrator,
} as const satisfies Record<LegacyType, Wire>;
