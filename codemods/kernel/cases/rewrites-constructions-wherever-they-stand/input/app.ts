import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';
export type K = keyof SimpleOrchestrator | (typeof legacy)['x'];
export type M = { [P in keyof SimpleOrchestrator]?: SimpleOrchestrator[P] };
export type C<T> = T extends SimpleOrchestrator ? 1 : T extends (infer U extends SimpleOrchestrator)[] ? U : never;
export type N = (abstract new () => SimpleOrchestrator) | (() => SimpleOrchestrator) | [a: SimpleOrchestrator, ...rest: SimpleOrchestrator[]];
declare const legacy: { x: 1 };
declare global { var orchestrator: SimpleOrchestrator; }
export declare function f(this: SimpleOrchestrator): asserts this is SimpleOrchestrator;
export function g({ o = new SimpleOrchestrator(), p = [new SimpleOrchestrator()] } = {}) { return [o, p]; }
export function* h() { yield new SimpleOrchestrator(); yield* [new SimpleOrchestrator]; throw new SimpleOrchestrator(); }
export const a = new SimpleOrchestrator()?.spawn_agent({}), b = (new SimpleOrchestrator)['spawn_agent']({}), c = !new SimpleOrchestrator(), d = typeof new SimpleOrchestrator(), e = new SimpleOrchestrator() as SimpleOrchestrator | null;
