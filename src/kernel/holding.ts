import { type Core, hitLimit } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Holder, heldOffMsMax } from './held-off.ts';

/** How plugins keep work from agents, and let it go there again. */
export class Holding {
  readonly #core: Core;
  readonly #dispatcher: Dispatcher;

  constructor(core: Core, dispatcher: Dispatcher) {
    this.#core = core;
    this.#dispatcher = dispatcher;
  }

  /** Of an agent that is not there, nothing is noted. What is longer than `heldOffMsMax` is cut to it. */
  holdOff(holder: Holder, agentId: string, untilMs: number, everyMs: number): void {
    const { clock, heldOff, roster } = this.#core;
    const agent = roster.agents.get(agentId);
    if (agent === undefined) return;
    const untilMsMax = clock.now() + heldOffMsMax;
    if (untilMs > untilMsMax || everyMs > heldOffMsMax) hitLimit(this.#core, 'heldOffMsMax');
    const [until, every] = [Math.min(untilMs, untilMsMax), Math.min(everyMs, heldOffMsMax)];
    const wasAdmitted = heldOff.admits(agentId);
    heldOff.hold(agentId, holder, until, every, () => this.#dispatcher.freed(agent));
    if (!heldOff.admits(agentId)) this.#dispatcher.unreserve(agent);
    else if (!wasAdmitted) this.#dispatcher.freed(agent);
  }

  release(holder: Holder, agentId: string): void {
    const { heldOff, roster } = this.#core;
    const agent = roster.agents.get(agentId);
    if (heldOff.release(agentId, holder) && agent !== undefined) this.#dispatcher.freed(agent);
  }

  /** The plugin is gone. */
  releaseAll(holder: Holder): void {
    for (const agentId of this.#core.heldOff.by(holder)) this.release(holder, agentId);
  }

  /** Another load of the plugin has its state. */
  handOver(from: Holder, to: Holder): void {
    this.#core.heldOff.handOver(from, to);
  }
}
