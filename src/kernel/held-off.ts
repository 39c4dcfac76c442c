import type { Clock } from './clock.ts';
import type { Alarm, Deadlines } from './deadlines.ts';

type Hold = { nextAtMs: number; readonly everyMs: number; readonly due: () => void; alarm: Alarm | null };

/**
 * The agents that plugins keep work from, each plugin for itself. One that is held off gets no task until a moment,
 * and from then on one every so often, until the plugin releases it: whatever becomes of the plugin, no agent is
 * left without work for ever.
 */
export class HeldOff {
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** Agent id → plugin → its hold. */
  readonly #holds = new Map<string, Map<string, Hold>>();

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

  /** In the place of what the plugin said of this agent before. `due`: a task may be handed to it. */
  hold(agentId: string, plugin: string, untilMs: number, everyMs: number, due: () => void): void {
    const holds = this.#holds.get(agentId) ?? new Map<string, Hold>();
    this.#deadlines.cancel(holds.get(plugin)?.alarm ?? null);
    const hold: Hold = { nextAtMs: untilMs, everyMs, due, alarm: null };
    this.#holds.set(agentId, holds.set(plugin, hold));
    this.#arm(hold);
  }

  /** It was handed a task: the next may come after a while. */
  handed(agentId: string): void {
    for (const hold of this.#holds.get(agentId)?.values() ?? []) {
      hold.nextAtMs = this.#clock.now() + hold.everyMs;
      this.#arm(hold);
    }
  }

  /** `false`: the plugin did not hold it off. */
  release(agentId: string, plugin: string): boolean {
    const holds = this.#holds.get(agentId);
    const hold = holds?.get(plugin);
    if (holds === undefined || hold === undefined) return false;
    this.#deadlines.cancel(hold.alarm);
    holds.delete(plugin);
    if (holds.size === 0) this.#holds.delete(agentId);
    return true;
  }

  /** The agents that a plugin holds off. */
  by(plugin: string): readonly string[] {
    return [...this.#holds].flatMap(([agentId, holds]) => (holds.has(plugin) ? agentId : []));
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
