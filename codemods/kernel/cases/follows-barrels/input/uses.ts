import { Orchestrator, legacy } from './core';
import { SimpleOrchestrator, createSimpleOrchestrator } from './again';
import { Renamed } from './again.js';
import Default from './core/default.js';

export const a = new Orchestrator();
export const b: legacy.SimpleOrchestrator = new legacy.SimpleOrchestrator();
export const c: SimpleOrchestrator = createSimpleOrchestrator();
export const d = new Renamed();
export const e = new Default();
