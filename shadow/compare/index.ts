export { type Comparison, compare } from './compare.ts';
export type { Pairing } from './ids.ts';
export { COMPARE_LIMITS, type CompareLimits } from './limits.ts';
export { type CompiledRules, compileRules } from './rules.ts';
