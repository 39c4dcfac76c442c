import type { PluginContext } from '../../contract/plugins.ts';
import type { LimitsHit } from '../parts/bounded.ts';
import type { BreakerState, Ending } from './breaker.ts';
import type { AutomationConfig } from './config.ts';
import type { AutomationEvent, Mode, Recovery, Scheduled } from './shapes.ts';

export const BOUNDS = {
  breakersMax: 2_000,
  /** Endings of calls that a breaker remembers. */
  endingsMax: 100,
  patternsMax: 200,
  /** Moments, agents and types that a pattern remembers. */
  patternMemoryMax: 50,
  recoveriesMax: 200,
  eventsMax: 1_000,
  /** Events that were handled. */
  pastEventsMax: 500,
  /** Events that are handled in one tick. */
  perTickMax: 50,
  scheduledMax: 1_000,
  agentsMax: 2_000,
} as const;

export type Breaker = { state: BreakerState; readonly endings: Ending[]; opened: number };

export type PatternMemory = {
  readonly id: string;
  readonly code: string;
  readonly shape: string;
  readonly sample: string;
  readonly firstAtMs: number;
  countEver: number;
  readonly seenAtMs: number[];
  readonly agents: string[];
  readonly types: string[];
  stands: boolean;
};

/** What is remembered of an agent besides its breaker. */
export type AgentNotes = { lostHeartbeats: number; readonly recoveredAtMs: number[] };

export type AutomationState = {
  readonly breakers: Map<string, Breaker>;
  readonly patterns: Map<string, PatternMemory>;
  readonly recoveries: Recovery[];
  readonly events: AutomationEvent[];
  readonly pastEvents: AutomationEvent[];
  readonly scheduled: Map<string, Scheduled>;
  readonly agents: Map<string, AgentNotes>;
  mode: Mode;
  serial: number;
  readonly limitsHit: LimitsHit;
};

export const automationState = {
  version: 1,
  initial: (): AutomationState => ({
    breakers: new Map(),
    patterns: new Map(),
    recoveries: [],
    events: [],
    pastEvents: [],
    scheduled: new Map(),
    agents: new Map(),
    mode: 'normal',
    serial: 0,
    limitsHit: new Map(),
  }),
};

export type Context = PluginContext<AutomationState, AutomationConfig>;
