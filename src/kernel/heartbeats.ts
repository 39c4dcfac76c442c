import type { HookEvents } from '../contract/hooks.ts';
import type { Failure } from '../contract/tasks.ts';
import { type AgentRecord, agentView } from './agents.ts';
import type { Core } from './core.ts';
import type { Alarm } from './deadlines.ts';
import { failure } from './endings.ts';
import { BEATS } from './runtimes/registry.ts';
import type { Sessions } from './sessions.ts';

/**
 * Watches for agents that have gone silent. Silence counts while an agent has work, and also without once it
 * has ever sent a heartbeat. Function agents are not watched: they live as long as this process does.
 */
export class Heartbeats {
  readonly #core: Core;
  readonly #sessions: Sessions;
  readonly #lost: (agent: AgentRecord, why: Failure) => void;
  /** By record: an id may be another agent's by the time an alarm rings. */
  readonly #alarms = new Map<AgentRecord, Alarm>();

  constructor(core: Core, sessions: Sessions, lost: (agent: AgentRecord, why: Failure) => void) {
    this.#core = core;
    this.#sessions = sessions;
    this.#lost = lost;
  }

  beat(agent: AgentRecord): void {
    agent.lastSignAtMs = this.#core.clock.now();
    agent.lastActivityAtMs = agent.lastSignAtMs;
    agent.view = null;
    agent.beats = true;
    this.watch(agent);
  }

  /** Sees to it that an agent's silence will be noticed. */
  watch(agent: AgentRecord): void {
    const { heartbeatMs } = agent.spec;
    if (heartbeatMs === 'never' || this.#alarms.has(agent) || !this.#isExpected(agent)) return;
    this.#set(agent, agent.lastSignAtMs + heartbeatMs - this.#core.clock.now());
  }

  #set(agent: AgentRecord, leftMs: number): void {
    const alarm = this.#core.deadlines.in(Math.max(0, leftMs), () => {
      this.#alarms.delete(agent);
      this.#look(agent);
    });
    if (alarm !== null) this.#alarms.set(agent, alarm);
  }

  /** The agent is gone. */
  forget(agent: AgentRecord): void {
    this.#core.deadlines.cancel(this.#alarms.get(agent) ?? null);
    this.#alarms.delete(agent);
  }

  #look(agent: AgentRecord): void {
    const { heartbeatMs } = agent.spec;
    if (heartbeatMs === 'never' || !this.#isExpected(agent)) return;
    const silentMs = this.#core.clock.now() - agent.lastSignAtMs;
    if (silentMs < heartbeatMs) {
      this.#set(agent, heartbeatMs - silentMs);
      return;
    }
    const event: HookEvents['on_agent_heartbeat_lost'] = { agent: agentView(agent), silentMs };
    this.#core.plugins.observe('on_agent_heartbeat_lost', event);
    this.#lost(agent, failure('heartbeat_lost', `for ${silentMs} ms`));
  }

  #isExpected(agent: AgentRecord): boolean {
    const { state } = agent.status;
    if (state !== 'busy' && !(state === 'idle' && agent.beats)) return false;
    const spec = this.#sessions.specOf(agent);
    return spec !== null && BEATS[spec.kind];
  }
}
