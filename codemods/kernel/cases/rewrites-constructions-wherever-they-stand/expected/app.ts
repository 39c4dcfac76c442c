import { OrchestratorV2 } from 'banyan/kernel';
import { legacyInterface, type LegacyInterface } from 'banyan/adapters';
export type K = keyof LegacyInterface<'simple_orchestrator'> | (typeof legacy)['x'];
export type M = { [P in keyof LegacyInterface<'simple_orchestrator'>]?: LegacyInterface<'simple_orchestrator'>[P] };
export type C<T> = T extends LegacyInterface<'simple_orchestrator'> ? 1 : T extends (infer U extends LegacyInterface<'simple_orchestrator'>)[] ? U : never;
export type N = (abstract new () => LegacyInterface<'simple_orchestrator'>) | (() => LegacyInterface<'simple_orchestrator'>) | [a: LegacyInterface<'simple_orchestrator'>, ...rest: LegacyInterface<'simple_orchestrator'>[]];
declare const legacy: { x: 1 };
declare global { var orchestrator: LegacyInterface<'simple_orchestrator'>; }
export declare function f(this: LegacyInterface<'simple_orchestrator'>): asserts this is LegacyInterface<'simple_orchestrator'>;
export function g({ o = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), p = [legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))] } = {}) { return [o, p]; }
export function* h() { yield legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })); yield* [legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))]; throw legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })); }
export const a = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 }))?.spawn_agent({}), b = (legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })))['spawn_agent']({}), c = !legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), d = typeof legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), e = legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })) as LegacyInterface<'simple_orchestrator'> | null;
