import type { LedgerSnapshot } from '../../shadow/ledger/index.ts';
import type { ErrorCode } from '../contract/errors.ts';
import type { Policy } from '../contract/policy.ts';
import type { OtlpConfig } from '../contract/telemetry.ts';
import type { CounterName } from '../gateway/counters.ts';
import type { MirrorView, MovedQuestion } from '../gateway/type-shadow.ts';
import type { EntityChange } from '../store/store.ts';
import type { MetricsSnapshot } from '../telemetry/metrics/snapshot.ts';
import type { TypeInstances } from './instances.ts';
import type { SentConfig } from './sent-config.ts';

/**
 * What the supervisor and a worker say to each other, as JSON over the worker's IPC channel. Messages arrive in the
 * order in which they were sent, connections among them: a worker that is handed a connection has read every policy
 * that was sent before it.
 */

/** Raised with every change of a message: a worker of another program version refuses to start. */
export const PROTOCOL = 2;

/** All that a worker has to know to begin. */
export type Settings = {
  readonly protocol: number;
  /** The state folder. */
  readonly state: string;
  /** With this worker's share of the limits. */
  readonly configured: SentConfig;
  readonly v2Host: string | null;
  /** Types of which V2 owns, or may own, something. */
  readonly onV2: readonly string[];
  readonly logLevel: string;
  /** Secrets of the state folder, which the supervisor alone reads and makes. */
  readonly adminToken: string;
  /** In base64url. */
  readonly redactionKey: string;
  /** The gateway stops already: every answer is the last of its connection. */
  readonly draining: boolean;
  /** Where spans go; `null`: none are made. */
  readonly otlp: OtlpConfig | null;
};

/** Needs an `Answer`. */
export type Question =
  | { readonly kind: 'start'; readonly settings: Settings }
  /** Answered when calls that begin are decided by it. */
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** Answered when the config could take force; `commit` of the same attempt follows, or `discard`. */
  | { readonly kind: 'prepare'; readonly attempt: number; readonly configured: SentConfig }
  | { readonly kind: 'commit'; readonly attempt: number }
  /** Answered with `moved`. */
  | { readonly kind: 'moved'; readonly question: MovedQuestion }
  /** Answered when all that was counted has been sent. */
  | { readonly kind: 'count' };

export type ToWorker =
  | (Question & { readonly number: number })
  | { readonly kind: 'discard'; readonly attempt: number }
  | { readonly kind: 'v2_host'; readonly base: string | null }
  /** With a socket: serve it. */
  | { readonly kind: 'connection'; readonly connection: number }
  /** Every answer is the last of its connection. */
  | { readonly kind: 'notice' }
  /** End, but end no connection without need: others serve. */
  | { readonly kind: 'retire' }
  /** End within `drainMs`, also in the midst of a `retire`. */
  | { readonly kind: 'close' }
  | Answer;

export type FromWorker =
  /** The connection is this worker's; none of its bytes had been read before. */
  | { readonly kind: 'took'; readonly connection: number }
  /** So many connections have ended. */
  | { readonly kind: 'left'; readonly connections: number }
  /** Answered with `recorded` when all of them are durable, or not. */
  | { readonly kind: 'changes'; readonly number: number; readonly changes: readonly EntityChange[] }
  /** Answered with `moved`: of any other worker. */
  | { readonly kind: 'moved'; readonly number: number; readonly question: MovedQuestion }
  | { readonly kind: 'evidence'; readonly evidence: readonly Evidence[] }
  | { readonly kind: 'counted'; readonly counted: Counted }
  | Answer;

/** How V2 ended a call as primary. */
export type Evidence = readonly [type: string, v2Failed: boolean];

export type Answer = {
  readonly kind: 'answer';
  readonly number: number;
  readonly error?: Refusal;
  /** Of `changes`: one entry each, `null` for what is durable. */
  readonly recorded?: readonly (Refusal | null)[];
  readonly moved?: boolean;
};

export type Refusal = { readonly code: ErrorCode; readonly message: string };

/** What a worker has counted since it last said so, and how much it holds now. */
export type Counted = {
  readonly counters: Partial<Readonly<Record<CounterName, number>>>;
  readonly ledgers: readonly (readonly [type: string, LedgerSnapshot])[];
  readonly mirrors: Readonly<Record<string, MirrorView>>;
  readonly instances: Readonly<Record<string, TypeInstances>>;
  /** Those that it tells of now; the others are as they were. */
  readonly metrics: MetricsSnapshot;
};
