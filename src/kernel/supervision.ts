import type { AgentRecord } from './agents.ts';
import type { GroupSettings, RestartLimit, Settings } from './config.ts';
import { jitteredMs } from './retry.ts';

/** What becomes of an agent that failed, and of its group. */
export type Decision =
  | { readonly do: 'leave' }
  /** Start these again, in this order. */
  | { readonly do: 'restart'; readonly agents: readonly AgentRecord[]; readonly pauseMs: number }
  /** Too many restarts: these are shut down, and somebody is told. `of`: the group or agent that is given up. */
  | { readonly do: 'give_up'; readonly agents: readonly AgentRecord[]; readonly of: string };

/**
 * When failed agents are started again, after Erlang's supervisors: a limit of restarts in a window per agent,
 * or per group for agents of one; who goes beyond it is given up, together with its group, because what
 * restarts for ever hides that it never works.
 */
export class Supervision {
  readonly #settings: Settings;
  readonly #random: () => number;
  /** Times of the restarts within the window, by agent or group. */
  readonly #restarts = new Map<string, number[]>();

  constructor(settings: Settings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** `wasFailure`: it did not end as it should. `agents`: all, in spawn order. */
  decide(agent: AgentRecord, wasFailure: boolean, agents: Iterable<AgentRecord>, nowMs: number): Decision {
    const { restart, group } = agent.spec;
    if (restart === 'temporary' || (restart === 'transient' && !wasFailure)) return { do: 'leave' };
    const settings = this.#groupOf(agent);
    const of = group === null ? `agent ${agent.spec.id}` : `group ${group}`;
    const restarts = this.#recent(of, settings, nowMs);
    const members = group === null ? [agent] : [...agents].filter((other) => other.spec.group === group);
    if (restarts.length >= settings.restartsMax) return { do: 'give_up', agents: members, of };
    restarts.push(nowMs);
    const { restartPauseMs, restartPauseMsMax } = this.#settings;
    const pauseMs = jitteredMs(restartPauseMs, restartPauseMsMax, restarts.length, this.#random);
    return { do: 'restart', agents: settings.strategy === 'rest_for_one' ? from(agent, members) : [agent], pauseMs };
  }

  /** The agent is gone for good. */
  forget(agent: AgentRecord): void {
    this.#restarts.delete(`agent ${agent.spec.id}`);
  }

  /** Its last agent is gone. */
  forgetGroup(group: string): void {
    this.#restarts.delete(`group ${group}`);
  }

  #groupOf(agent: AgentRecord): RestartLimit & Pick<GroupSettings, 'strategy'> {
    const { groups, restartLimit } = this.#settings;
    const { group } = agent.spec;
    const own = group !== null && Object.hasOwn(groups, group) ? groups[group] : undefined;
    return { strategy: 'one_for_one', ...restartLimit, ...own };
  }

  #recent(of: string, { windowMs }: RestartLimit, nowMs: number): number[] {
    const recent = (this.#restarts.get(of) ?? []).filter((atMs) => atMs > nowMs - windowMs);
    this.#restarts.set(of, recent);
    return recent;
  }
}

function from(agent: AgentRecord, members: readonly AgentRecord[]): readonly AgentRecord[] {
  return members.filter((member) => member.spec.order >= agent.spec.order);
}
