import type { Clock } from './clock.ts';
import type { Alarm, Deadlines } from './deadlines.ts';

/** Who holds agents off: one load of a plugin, whatever its name. */
export type Holder = { readonly name: string };

/** How long an agent gets no task at a time, at most; in milliseconds. */
export const heldOffMsMax = 24 * 3_600_000;

type Hold = { nextAtMs: number; readonly everyMs: number; readonly due: () => void; alarm: Alarm | null };

/**
 * The agents that plugins keep work from, each plugin for itself. One that is held off gets no task until a moment,
 * and from then on one every so often, until the plugin releases it: whatever becomes of the plugin, no agent is
 * left without work for ever.
 */
export class HeldOff {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** Agent id → holder → its hold. */
  readonly #holds = new Map<string, Map<Holder, Hold>>();

  constructor(clock: Clock, deadlines: Deadlines) {
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  /** Whether an agent may be handed a task now, as far as plugins are concerned. */
  admits(agentId: string): boolean {
    if (this.#holds.size === 0) return true;
    const holds = this.#holds.get(agentId);
    if (holds === undefined) return true;
    const nowMs = this.#clock.now();
    for (const { nextAtMs } of holds.values()) if (nowMs < nextAtMs) return false;
    return true;
  }

  /** In the place of what the holder said of this agent before. `due`: a task may be handed to it. */
  hold(agentId: string, holder: Holder, untilMs: number, everyMs: number, due: () => void): void {
    const holds = this.#holds.get(agentId) ?? new Map<Holder, Hold>();
    this.#deadlines.cancel(holds.get(holder)?.alarm ?? null);
    const hold: Hold = { nextAtMs: untilMs, everyMs, due, alarm: null };
    this.#holds.set(agentId, holds.set(holder, hold));
    this.#arm(hold);
  }

  /** It was handed a task. `true`: the next may come only after a while. */
  handed(agentId: string): boolean {
    const holds = this.#holds.get(agentId);
    if (holds === undefined) return false;
    for (const hold of holds.values()) {
      hold.nextAtMs = this.#clock.now() + hold.everyMs;
      this.#arm(hold);
    }
    return true;
  }

  /** `false`: it was not held off by this holder. */
  release(agentId: string, holder: Holder): boolean {
    const holds = this.#holds.get(agentId);
    const hold = holds?.get(holder);
    if (holds === undefined || hold === undefined) return false;
    this.#deadlines.cancel(hold.alarm);
    holds.delete(holder);
    if (holds.size === 0) this.#holds.delete(agentId);
    return true;
  }

  /** The names of those who hold each agent off. */
  list(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      Array.from(this.#holds, ([agentId, holds]) => [agentId, Array.from(holds.keys(), ({ name }) => name)]),
    );
  }

  /** The agents that it holds off. */
  by(holder: Holder): readonly string[] {
    return [...this.#holds].flatMap(([agentId, holds]) => (holds.has(holder) ? agentId : []));
  }

  /** What one holds off, another does from now on, but for agents of which that has said something itself. */
  handOver(from: Holder, to: Holder): void {
    for (const holds of this.#holds.values()) {
      const hold = holds.get(from);
      if (hold === undefined || holds.has(to)) continue;
      holds.delete(from);
      holds.set(to, hold);
    }
  }

  /** The agent has stopped; its id may be another's. */
  forget(agentId: string): void {
    for (const { alarm } of this.#holds.get(agentId)?.values() ?? []) this.#deadlines.cancel(alarm);
    this.#holds.delete(agentId);
  }

  #arm(hold: Hold): void {
    this.#deadlines.cancel(hold.alarm);
    const waitMs = hold.nextAtMs - this.#clock.now();
    hold.alarm = waitMs > 0 ? this.#deadlines.in(waitMs, hold.due) : null;
  }
}
