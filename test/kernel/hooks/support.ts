import type { Agent } from '../../../src/contract/agents.ts';
import type { AgentSpawnEvent, TaskDelegateEvent } from '../../../src/contract/hooks.ts';
import type { AnyPlugin, PluginKernel } from '../../../src/contract/plugins.ts';
import type { Task } from '../../../src/contract/tasks.ts';
import { loadPlugins, type PluginOptions, type Plugins, type Stopwatch } from '../../../src/kernel/hooks/index.ts';

/** A stopwatch that stands still until it is told to move. */
export class ManualStopwatch implements Stopwatch {
  #nowMs = 1_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>();
  readonly nowMs = (): number => this.#nowMs;

  readonly after = (ms: number, fire: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + ms, fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  readonly soon = (fire: () => void): void => {
    setImmediate(fire);
  };

  get timers(): number {
    return this.#timers.size;
  }

  /** Moves time and fires what is due, earliest first. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = [...this.#timers].filter((timer) => timer.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) {
      this.#timers.delete(timer);
      timer.fire();
    }
  }
}

/** For plugins that ask nothing of the kernel. */
export const noKernel = new Proxy({} as PluginKernel, {
  get: (_, verb) => () => Promise.reject(new Error(`no kernel to ask for ${String(verb)}`)),
});

type Loose = Omit<Partial<AnyPlugin>, 'hooks' | 'writes'> & {
  readonly hooks?: Readonly<Record<string, (event: never, context: never) => unknown>>;
  readonly writes?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** A plugin of which only the interesting parts are said. Untyped on purpose: many tests give what types forbid. */
export function plugin(name: string, parts: Loose = {}): AnyPlugin {
  return { name, version: '1.0.0', says: 'a test plugin', hooks: {}, ...parts } as AnyPlugin;
}

export function load(definitions: readonly AnyPlugin[], options: Partial<PluginOptions> = {}): Promise<Plugins> {
  return loadPlugins(definitions, { kernel: noKernel, ...options });
}

export function spawnEvent(parts: Partial<AgentSpawnEvent> = {}): AgentSpawnEvent {
  return {
    agentId: 'a1',
    role: 'worker',
    capabilities: ['x'],
    runtime: 'manual',
    rehearsal: false,
    attributes: { tenant: 't1' },
    ...parts,
  };
}

export function delegateEvent(parts: Partial<TaskDelegateEvent> = {}): TaskDelegateEvent {
  return {
    taskId: 't1',
    type: 'build',
    description: 'build it',
    input: null,
    priority: 50,
    capabilities: ['x'],
    agentId: null,
    role: null,
    preferredRole: null,
    rehearsal: false,
    runMs: 1_000,
    attributes: { tenant: 't1' },
    ...parts,
  };
}

export function agent(parts: Partial<Agent> = {}): Agent {
  return {
    id: 'a1',
    role: 'worker',
    state: 'idle',
    capabilities: ['x'],
    runtime: 'manual',
    rehearsal: false,
    priority: 0,
    group: null,
    tasksMax: 1,
    taskIds: [],
    currentTaskId: null,
    tasksEver: 0,
    restarts: 0,
    error: null,
    attributes: {},
    createdAtMs: 0,
    lastActivityAtMs: 0,
    ...parts,
  };
}

export function task(parts: Partial<Task> = {}): Task {
  return {
    id: 't1',
    type: 'build',
    description: 'build it',
    input: null,
    state: 'running',
    priority: 50,
    agentId: 'a1',
    capabilities: [],
    parentId: null,
    dependsOn: [],
    rehearsal: false,
    deadlines: { queueMs: 1_000, runMs: 1_000 },
    result: null,
    error: null,
    reason: null,
    token: 1,
    attempts: [],
    attemptsEver: 1,
    attributes: {},
    createdAtMs: 0,
    startedAtMs: 0,
    finishedAtMs: null,
    role: null,
    ...parts,
  };
}

/** Code and message of what a promise or a function fails with. */
export async function failureOf(work: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await work();
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
  throw new Error('it did not fail');
}
