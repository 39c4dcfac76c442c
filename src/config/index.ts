/**
 * The config file: `banyan.yaml` (or .yml, or .json) in, a checked `Config` out, or every problem of the file
 * as `file:line:col path: expected ..., got ...`. docs/config.md describes the keys.
 */
export type { Config } from './config.ts';
export { describeConfig } from './describe.ts';
export { findConfig, loadConfig, loadStateFolder } from './load.ts';
export { type ParseOptions, parseConfig } from './parse.ts';
export { ConfigError, type ConfigProblem, formatProblem } from './problems.ts';
export type { Running } from './running.ts';
export { configJsonSchema, type JsonSchema } from './schema-json.ts';
export { CertificateFiles } from './tls-files.ts';
export { configWarnings } from './warnings.ts';
