import type { PluginContext } from '../../contract/plugins.ts';
import type { LimitsHit } from '../parts/bounded.ts';
import type { DevelopmentConfig } from './config.ts';
import type {
  Behavior,
  Breakpoint,
  Finding,
  SandboxSession,
  Scenario,
  ScenarioResult,
  Simulated,
  Trace,
} from './shapes.ts';

export const BOUNDS = {
  tracesMax: 1_000,
  /** Characters of one input or result in a trace, as JSON. */
  traceCharsMax: 500,
  breakpointsMax: 100,
  /** Calls, runs and steps that are held at once; more go on. */
  heldMax: 100,
  findingsMax: 200,
  servicesMax: 50,
  failuresMax: 100,
  scenariosMax: 100,
  resultsMax: 50,
  sessionsMax: 50,
} as const;

export type Mock = {
  readonly role: string;
  readonly behavior: Behavior;
  /** Whether it is one of the five of the sandbox. */
  readonly sandbox: boolean;
  /** State of its dice. */
  dice: number;
  runs: number;
  failures: number;
};

export type Service = { readonly answers: Readonly<Record<string, unknown>>; readonly delayMs: number };

export type DevelopmentState = {
  /** `null`: as the config says. */
  debug: boolean | null;
  readonly breakpoints: Map<string, Breakpoint>;
  /** What a step let go, to be held at its next place: `task:<id>`, `agent:<id>`, `scenario:<id>`. */
  readonly stepping: Set<string>;
  readonly findings: Finding[];
  readonly mocks: Map<string, Mock>;
  readonly services: Map<string, Service>;
  /** Calls by service. */
  readonly serviceCalls: Map<string, number>;
  readonly failures: Map<string, Simulated>;
  readonly scenarios: Map<string, Scenario>;
  readonly results: ScenarioResult[];
  readonly sessions: Map<string, SandboxSession>;
  /** Session by task. */
  readonly sandboxTasks: Map<string, string>;
  readonly traces: Trace[];
  traced: number;
  serial: number;
  readonly limitsHit: LimitsHit;
};

export const developmentState = {
  version: 1,
  initial: (): DevelopmentState => ({
    debug: null,
    breakpoints: new Map(),
    stepping: new Set(),
    findings: [],
    mocks: new Map(),
    services: new Map(),
    serviceCalls: new Map(),
    failures: new Map(),
    scenarios: new Map(),
    results: [],
    sessions: new Map(),
    sandboxTasks: new Map(),
    traces: [],
    traced: 0,
    serial: 0,
    limitsHit: new Map(),
  }),
};

export type Context = PluginContext<DevelopmentState, DevelopmentConfig>;
