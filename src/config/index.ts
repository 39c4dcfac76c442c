/**
 * The config file: `banyan.yaml` (or .yml, or .json) in, a checked `Config` out, or every problem of the file
 * as `file:line:col path: expected ..., got ...`. docs/config.md describes the keys.
 */
export { type Config, type ParseOptions, parseConfig } from './config.ts';
export { describeConfig } from './describe.ts';
export { findConfig, loadConfig } from './load.ts';
export { ConfigError, type ConfigProblem, formatProblem } from './problems.ts';
export { configJsonSchema, type JsonSchema } from './schema-json.ts';
export type { Listen } from './texts.ts';
