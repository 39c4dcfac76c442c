import type { FieldShape } from '../../contract/hooks.ts';
import type { MergeRule } from '../../contract/plugins.ts';
import { Breaker } from './breaker.ts';
import { Durations } from './durations.ts';
import type { LoopShare } from './loop-share.ts';

/** What a call needs to know of the plugin that it calls. */
export type Owner = {
  readonly name: string;
  /** Handed to its functions. */
  readonly context: unknown;
  /** Its number at the loop watch. */
  readonly watchId: number;
  readonly share: LoopShare;
  readonly loopShareMax: number;
  /** Promises that it owes. */
  pending: number;
  /** Events that wait for it. */
  readonly queue: { push(run: HookRun, event: unknown): void };
  /** Opens all its breakers. */
  leaveAlone(): void;
};

type Parts = {
  readonly plugin: Owner;
  /** A hook, `repeat`, or `capability:<name>`. */
  readonly place: string;
  readonly invoke: (event: unknown, context: unknown) => unknown;
  readonly budgetMs: number;
  /** Whether the call is vetoed when this plugin has no say because it failed. */
  readonly closed: boolean;
  readonly writes: ReadonlyMap<string, MergeRule>;
  readonly fields: Readonly<Record<string, FieldShape>>;
  readonly breaker?: Breaker;
};

/** One function of a plugin, with all that is known about calling it. */
export class HookRun {
  readonly plugin: Parts['plugin'];
  readonly place: Parts['place'];
  readonly invoke: Parts['invoke'];
  readonly budgetMs: Parts['budgetMs'];
  readonly closed: Parts['closed'];
  readonly writes: Parts['writes'];
  readonly fields: Parts['fields'];

  readonly breaker: Breaker;
  readonly durations: Durations;
  calls = 0;
  errors = 0;
  timeouts = 0;
  overruns = 0;
  /** Calls not made: breaker open, too many promises pending, operation budget used up. */
  skipped = 0;
  vetoes = 0;

  constructor(parts: Parts, nowMs: number) {
    this.plugin = parts.plugin;
    this.place = parts.place;
    this.invoke = parts.invoke;
    this.budgetMs = parts.budgetMs;
    this.closed = parts.closed;
    this.writes = parts.writes;
    this.fields = parts.fields;
    this.breaker = parts.breaker ?? new Breaker();
    this.durations = new Durations(nowMs);
  }
}
