export { type Comparison, compare } from './compare.ts';
export type { Pairing } from './ids.ts';
export type { CompareLimits } from './limits.ts';
export { type CompiledRules, compileRules } from './rules.ts';
