import type { Limits, Timeouts } from '../contract/limits.ts';
import type { DataListen, Listen } from '../contract/listen.ts';
import type { TypeSpec } from '../contract/specs.ts';
import type { TelemetryConfig } from '../contract/telemetry.ts';
import type { DataTls } from '../contract/tls.ts';
import type { ConfigProblem } from './problems.ts';

/** Everything that the config file says, checked, with defaults filled in. */
export type Config = {
  /** Where callers are answered. */
  readonly data: DataListen;
  /** `null`: callers are answered in the clear. */
  readonly tls: DataTls | null;
  /** Where the admin API listens: a loopback address. */
  readonly admin: Listen;
  /** Absolute path of the folder of policies, entities and ledgers. */
  readonly state: string;
  /** At least one; the first that claims a call gets it. */
  readonly types: readonly TypeSpec[];
  /** Addresses and networks of the proxies in front whose word on the caller is believed. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly telemetry: TelemetryConfig;
  /** Absolute paths of the files that it names, for those who look whether they have changed. */
  readonly files: readonly string[];
  /** What can be used, but should be looked at. */
  readonly warnings: readonly ConfigProblem[];
};
