import type { PluginFinding } from '../../contract/health.ts';

/** What can be wrong with a plugin's behaviour at run time. Each is counted; the last ones are kept. */
export const FINDINGS = {
  threw: 'it threw',
  timed_out: 'its promise did not settle within its budget',
  overran: 'it held the event loop for longer than its budget',
  settled_late: 'a promise given up earlier settled after all',
  undeclared_write: 'it patched a field that its `writes` does not declare',
  bad_value: 'it patched a field with a value of the wrong shape',
  bad_answer: 'it answered with something that may not be chosen',
  key_conflict: 'it wrote a key that another plugin had written in the same event',
  breaker_opened: 'it failed too often and is left alone for a while',
  loop_share: 'it held more than its share of the event loop',
  held_loop: 'it was seen holding the event loop',
  queue_full: 'its queue of events to observe is full; events are dropped',
  operation_budget: "others used up the operation's budget for plugins, so it was skipped or given up",
  dispose_failed: 'it could not be disposed of cleanly',
  drain_timed_out: 'it was still in use when the time to drain it was up',
  state_not_kept: 'its state could not be kept; what was kept before stands',
  state_refused: 'its kept state could not be put back; it began anew',
  alerts_full: 'it raised more alerts than are kept; the oldest went',
  reported: 'it said so itself',
} as const;
export type FindingKind = keyof typeof FINDINGS;

export type Finding = PluginFinding & { readonly kind: FindingKind };

export const findingsKeptMax = 200;

/** Counts findings by plugin and kind and keeps the last ones for people to read. */
export class Findings {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<string, Map<FindingKind, number>>();
  readonly #wallMs: () => number;
  readonly #told: (finding: Finding) => void;

  constructor(wallMs: () => number, told: (finding: Finding) => void) {
    this.#wallMs = wallMs;
    this.#told = told;
  }

  add(plugin: string, place: string, kind: FindingKind, message: string): void {
    const finding = { plugin, place, kind, message, atMs: this.#wallMs() };
    const counts = this.#counts.get(plugin) ?? new Map<FindingKind, number>();
    this.#counts.set(plugin, counts.set(kind, (counts.get(kind) ?? 0) + 1));
    if (this.#kept.push(finding) > findingsKeptMax) this.#kept.shift();
    this.#told(finding);
  }

  /** How often each kind was found of a plugin. */
  countsOf(plugin: string): Readonly<Partial<Record<FindingKind, number>>> {
    return Object.fromEntries(this.#counts.get(plugin) ?? []);
  }

  /** `<place> <kind>: <message>` of the newest, in words. */
  lastOf(plugin: string): string | null {
    const last = this.#kept.findLast((finding) => finding.plugin === plugin);
    return last === undefined ? null : `${last.place}: ${FINDINGS[last.kind]}: ${last.message}`;
  }

  last(): readonly Finding[] {
    return [...this.#kept];
  }
}

/** One line about anything that was thrown. Reading it must not throw again. */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } catch {
    return 'something that cannot be shown was thrown';
  }
}
