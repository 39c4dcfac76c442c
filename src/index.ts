/**
 * Banyan as a library: a gateway in one's own process. `banyan/kernel`, `banyan/plugins`, `banyan/adapters` and
 * `banyan/codemods` are the other ways in.
 */
export { type Config, ConfigError, loadConfig, parseConfig } from './config/index.ts';
export { BanyanError, ERRORS, type ErrorCode } from './contract/errors.ts';
export { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, type Limits, type Timeouts } from './contract/limits.ts';
export type { TypeSpec } from './contract/specs.ts';
export type { Wire, WireOperation } from './contract/wire.ts';
export { Gateway, type GatewayOptions } from './gateway/gateway.ts';
export { openSqliteStore } from './store/sqlite.ts';
export type { Store } from './store/store.ts';
export { prometheusText } from './telemetry/metrics/prometheus.ts';
export { type MetricsSnapshot, mergeSnapshots } from './telemetry/metrics/snapshot.ts';
export { openTracing } from './telemetry/trace/open-tracing.ts';
