import type { Ground, Settings } from './config.ts';
import { Deadlines } from './deadlines.ts';
import { Family } from './family.ts';
import { HeldOff } from './held-off.ts';
import type { Plugins } from './hooks/index.ts';
import { Journal } from './journal.ts';
import { Pace } from './pace.ts';
import { TaskQueue } from './queue.ts';
import { type Moved, Roster } from './roster.ts';
import { Router } from './router.ts';
import type { Session } from './runtimes/runtime.ts';
import type { KernelStore } from './store/store.ts';
import { Waiters } from './waiters.ts';

/** What every part of the kernel stands on. */
export type Core = Ground & {
  readonly settings: Settings;
  readonly store: KernelStore;
  readonly journal: Journal;
  readonly roster: Roster;
  readonly queue: TaskQueue;
  readonly heldOff: HeldOff;
  readonly router: Router;
  readonly family: Family;
  readonly deadlines: Deadlines;
  readonly plugins: Plugins;
  readonly waiters: Waiters;
  readonly pace: Pace;
  /** The running runtimes, by agent id. */
  readonly sessions: Map<string, Session>;
  /** How often each limit was hit, by its name. */
  readonly limitsHit: Map<string, number>;
};

/** What those above are told of. */
export type CoreEvents = {
  readonly moved: (moved: Moved) => void;
  readonly storeFailing: (message: string | null) => void;
  /** Everything up to this event is durable. */
  readonly committed: (sequence: number) => void;
};

export function makeCore(
  ground: Ground,
  settings: Settings,
  store: KernelStore,
  plugins: Plugins,
  on: CoreEvents,
): Core {
  const { clock } = ground;
  const { counters } = store.load();
  const kept = {
    eventsMax: settings.eventsKeptMax,
    endedTasksMax: settings.endedTasksMax,
    endedAgentsMax: settings.endedAgentsMax,
  };
  const journal = new Journal(store, clock, kept, counters, on);
  const roster = new Roster(clock, journal, settings.attemptsKeptMax, on.moved);
  const queue = new TaskQueue(settings.ageingMs);
  const deadlines = new Deadlines(clock);
  const heldOff = new HeldOff(clock, deadlines);
  const limitsHit = new Map<string, number>();
  const hit = (name: string) => () => countHit(limitsHit, name);
  return {
    ...ground,
    settings,
    store,
    journal,
    roster,
    queue,
    heldOff,
    router: new Router(
      { roster, queue, heldOff },
      { affinityKeysMax: settings.affinityKeysMax, limitHit: hit('affinityKeysMax') },
    ),
    family: new Family(),
    deadlines,
    plugins,
    waiters: new Waiters(settings.waitersMax, hit('waitersMax')),
    pace: new Pace(clock),
    sessions: new Map<string, Session>(),
    limitsHit,
  };
}

export function hitLimit(core: Core, name: string): void {
  countHit(core.limitsHit, name);
}

function countHit(limitsHit: Map<string, number>, name: string): void {
  limitsHit.set(name, (limitsHit.get(name) ?? 0) + 1);
}

/** Agents that count against the limit. */
export function countedAgents({ roster, settings }: Core): number {
  const states = new Set<keyof typeof roster.agentCounts>([...settings.agentsCounted, 'starting']);
  states.delete('stopped');
  let counted = 0;
  for (const state of states) counted += roster.agentCounts[state];
  return counted;
}
