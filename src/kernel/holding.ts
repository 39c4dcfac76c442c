import type { Core } from './core.ts';
import type { Dispatcher } from './dispatcher.ts';

/** How plugins keep work from agents, and let it go there again. */
export class Holding {
  readonly #core: Core;
  readonly #dispatcher: Dispatcher;

  constructor(core: Core, dispatcher: Dispatcher) {
    this.#core = core;
    this.#dispatcher = dispatcher;
  }

  /** Of an agent that is not there, nothing is noted. */
  holdOff(plugin: string, agentId: string, untilMs: number, everyMs: number): void {
    const { heldOff, roster } = this.#core;
    const agent = roster.agents.get(agentId);
    if (agent === undefined) return;
    const wasAdmitted = heldOff.admits(agentId);
    heldOff.hold(agentId, plugin, untilMs, everyMs, () => this.#dispatcher.freed(agent));
    if (!heldOff.admits(agentId)) this.#dispatcher.unreserve(agent);
    else if (!wasAdmitted) this.#dispatcher.freed(agent);
  }

  release(plugin: string, agentId: string): void {
    const { heldOff, roster } = this.#core;
    const agent = roster.agents.get(agentId);
    if (heldOff.release(agentId, plugin) && agent !== undefined) this.#dispatcher.freed(agent);
  }

  /** The plugin is gone. */
  releaseAll(plugin: string): void {
    for (const agentId of this.#core.heldOff.by(plugin)) this.release(plugin, agentId);
  }
}
