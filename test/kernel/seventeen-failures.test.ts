/**
 * An earlier orchestrator with plugins, measured before this one was written, failed in seventeen ways. Each
 * has a test of its number here, at the level of the whole kernel. Those of the hook engine by itself stand in
 * hooks/earlier-attempt.test.ts; those of shadowing and routing (13 to 15) in test/gateway/earlier-attempt.test.ts.
 * docs/failures.md lists all.
 */
import { describe, expect, test } from 'vitest';
import type { HookEvents } from '../../src/contract/hooks.ts';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { MemoryStore } from '../../src/kernel/index.ts';
import { FakeClock, settled } from './support/fake-clock.ts';
import { rig } from './support/rig.ts';

type Parts = Partial<Omit<AnyPlugin, 'hooks' | 'writes'>> & { readonly hooks?: object; readonly writes?: object };

function plugin(name: string, parts: Parts): AnyPlugin {
  return { name, version: '1.0.0', says: 'for a test', hooks: {}, ...parts } as AnyPlugin;
}

describe('failure 1: any plugin with a dependency was reported as a circular dependency', () => {
  test('plugins that need each other load in order, and only a true circle is refused, with its path', async () => {
    const { kernel } = rig({}, [plugin('a', { requires: ['b'] }), plugin('b', { requires: ['c'] }), plugin('c', {})]);
    await kernel.start();
    expect(kernel.plugins.explainOrder().map((row) => row.plugin)).toEqual(['c', 'b', 'a']);
    const circle = rig({}, [plugin('a', { requires: ['b'] }), plugin('b', { requires: ['a'] })]);
    await expect(circle.kernel.start()).rejects.toMatchObject({ code: 'PLUGIN_CYCLE' });
  });
});

describe('failure 2: with the default config every spawn and delegate failed', () => {
  test('a kernel with no config at all spawns, delegates, completes and shuts down', async () => {
    const { spawn, delegate, kernel } = rig();
    const agent = await spawn();
    const task = await delegate();
    expect(await kernel.completeTask(task.id)).toMatchObject({ state: 'completed' });
    expect(await kernel.shutdownAgent(agent.id)).toMatchObject({ state: 'stopped' });
    expect((await kernel.getHealthStatus()).state).toBe('healthy');
  });
});

describe('failure 3: the agent limit was checked before an await: limit 3, ten parallel spawns, ten agents', () => {
  test('limit 3 and ten parallel spawns give three agents, though a plugin takes its time over each', async () => {
    const slow = plugin('slow', {
      hooks: { allow_agent_spawn: () => new Promise((resolve) => setImmediate(resolve)) },
    });
    const { spawn, kernel } = rig({ agentsMax: 3 }, [slow]);
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => spawn()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'AT_CAPACITY' });
    }
    expect(kernel.listAgents()).toHaveLength(3);
  });
});

describe('failure 4: nothing ever completed a task, and its hooks never fired', () => {
  test('one hundred tasks on two agents all complete, and the plugin hears of each', async () => {
    const completed: string[] = [];
    const hooks = { on_task_completed: ({ task }: HookEvents['on_task_completed']) => void completed.push(task.id) };
    const { spawn, delegate, kernel } = rig({}, [plugin('counter', { hooks })]);
    await spawn();
    await spawn();
    const tasks = [];
    for (let i = 0; i < 100; i++) tasks.push(await delegate());
    for (let running = kernel.listTasks({ states: ['running'] }); running.length > 0; ) {
      for (const { id } of running) await kernel.completeTask(id);
      running = kernel.listTasks({ states: ['running'] });
    }
    await kernel.plugins.observed();
    expect(completed.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    expect(kernel.listAgents().map(({ state }) => state)).toEqual(['idle', 'idle']);
  });

  test('failing, cancelling and looking up are there too', async () => {
    const { spawn, delegate, kernel } = rig();
    await spawn({ tasksMax: 2 });
    const [failing, unwanted] = [await delegate(), await delegate()];
    await kernel.failTask(failing.id, { message: 'no' });
    await kernel.cancelTask(unwanted.id);
    expect([kernel.getTask(failing.id)?.state, kernel.getTask(unwanted.id)?.state]).toEqual(['failed', 'cancelled']);
  });
});

describe('failure 5: a task was reported as completed immediately after it was sent', () => {
  test('a task that was handed to an agent is running, and waiting for it gives its real result', async () => {
    const { spawn, delegate, kernel } = rig();
    await spawn();
    const task = await delegate();
    expect(task).toMatchObject({ state: 'running', result: null });
    const waiting = kernel.waitForTask(task.id);
    await kernel.completeTask(task.id, { result: { tests: 12 } });
    expect(await waiting).toMatchObject({ state: 'completed', result: { tests: 12 } });
  });
});

describe('failure 6: a failed send left the agent busy with an orphan assignment', () => {
  test('when handing over fails, the agent is free again and the task has an honest state', async () => {
    let calls = 0;
    const run = () => {
      calls += 1;
      if (calls === 1) throw new Error('connection refused');
      return 'fine';
    };
    const { spawn, delegate, kernel, clock } = rig();
    const agent = await spawn({ runtime: { kind: 'function', run } });
    const task = await delegate({ retry: { attemptsMax: 2, pauseMs: 10 } });
    await settled();
    expect(kernel.getAgent(agent.id)).toMatchObject({ state: 'idle', taskIds: [] });
    expect(kernel.getTask(task.id)).toMatchObject({ state: 'waiting', error: { message: 'connection refused' } });
    await clock.advance(10);
    expect(kernel.getTask(task.id)).toMatchObject({ state: 'completed', result: 'fine' });
  });
});

describe('failure 7: shutting down a busy agent left its task running for ever, and a busy agent could be overbooked', () => {
  test('the task of an agent that is shut down does not run for ever', async () => {
    const { spawn, delegate, kernel } = rig();
    const agent = await spawn();
    const task = await delegate();
    await kernel.shutdownAgent(agent.id, { graceful: false });
    expect(kernel.getTask(task.id)?.state).toBe('cancelled');
  });

  test('a task that names a busy agent waits, and the current one is not overwritten', async () => {
    const { spawn, delegate, kernel } = rig();
    const agent = await spawn();
    const first = await delegate({ agentId: agent.id });
    const second = await delegate({ agentId: agent.id });
    expect(kernel.getAgent(agent.id)?.taskIds).toEqual([first.id]);
    expect(second.state).toBe('queued');
  });
});

describe('failure 8: every before-hook got the original value and the last result won', () => {
  test('two plugins that each add to a task both keep what they added', async () => {
    const adds = (name: string) =>
      plugin(name, {
        hooks: { before_task_delegate: () => ({ attributes: { [name]: true } }) },
        writes: { before_task_delegate: { attributes: 'merge' } },
      });
    const { delegate } = rig({}, [adds('security'), adds('context')]);
    const task = await delegate({ attributes: { tenant: 't' } });
    expect(task.attributes).toEqual({ tenant: 't', security: true, context: true });
  });
});

describe('failure 9: every plugin was registered for every hook', () => {
  test('a plugin that implements one hook is called for that one', async () => {
    const { spawn, delegate, kernel } = rig({}, [plugin('picky', { hooks: { allow_task_delegate: () => undefined } })]);
    await spawn();
    await kernel.completeTask((await delegate()).id);
    expect((await kernel.getHealthStatus()).plugins).toMatchObject([{ name: 'picky', calls: 1 }]);
  });
});

describe('failure 10: restoring state left plugins holding the old one', () => {
  test('what a plugin holds of its state is what was restored', async () => {
    let held: { spawned: number } | undefined;
    const counter = plugin('counter', {
      state: { version: 1, initial: () => ({ spawned: 0 }) },
      initialize: ({ state }: { state: { spawned: number } }) => {
        held = state;
      },
      hooks: {
        on_agent_spawned: (_event: unknown, { state }: { state: { spawned: number } }) => {
          state.spawned += 1;
        },
      },
    } as Parts);
    const { spawn, kernel } = rig({}, [counter]);
    await spawn();
    await kernel.plugins.observed();
    const snapshot = await kernel.plugins.snapshot();
    await spawn();
    await kernel.plugins.observed();
    expect(held?.spawned).toBe(2);
    await kernel.plugins.restore(snapshot);
    expect(held?.spawned).toBe(1);
    await spawn();
    await kernel.plugins.observed();
    expect(held?.spawned).toBe(2);
  });
});

describe('failure 11: a hook that ran out of time raised what nobody expected, and one that held the loop was unseen', () => {
  test('a hook that never answers costs its budget and a finding, and the call goes on', async () => {
    const hooks = { before_task_delegate: () => new Promise(() => undefined) };
    const writes = { before_task_delegate: { priority: 'max' } };
    const { delegate, kernel } = rig({}, [plugin('hangs', { hooks, writes })]);
    expect(await delegate()).toMatchObject({ state: 'queued' });
    expect(kernel.plugins.findings()).toMatchObject([
      { plugin: 'hangs', place: 'before_task_delegate', kind: 'timed_out' },
    ]);
  });

  test('a hook that holds the event loop is named', async () => {
    const hold = () => {
      const until = performance.now() + 80;
      while (performance.now() < until);
    };
    const { delegate, kernel } = rig({}, [plugin('hog', { hooks: { allow_task_delegate: hold } })]);
    await delegate();
    expect(kernel.plugins.findings().map(({ plugin: name, kind }) => `${name} ${kind}`)).toContain('hog overran');
  });
});

describe('failure 12: bad requests and full queues counted as failures of the breaker', () => {
  test('a plugin is not left alone because callers asked for what cannot be', async () => {
    const { kernel, spawn, delegate } = rig({ agentsMax: 0, queueMax: 0 }, [
      plugin('sound', { hooks: { allow_agent_spawn: () => undefined, allow_task_delegate: () => undefined } }),
    ]);
    for (let i = 0; i < 50; i++) {
      await expect(kernel.spawnAgent({ role: '' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
      await expect(spawn()).rejects.toMatchObject({ code: 'AT_CAPACITY' });
      await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED' });
    }
    expect((await kernel.getHealthStatus()).plugins).toMatchObject([{ name: 'sound', breaker: 'closed', errors: 0 }]);
  });

  test('a veto is an answer, not a failure', async () => {
    const { kernel, delegate } = rig({}, [
      plugin('strict', { hooks: { allow_task_delegate: () => ({ veto: 'not today' }) } }),
    ]);
    for (let i = 0; i < 50; i++) {
      await expect(delegate()).rejects.toMatchObject({ code: 'VETOED', message: expect.stringContaining('not today') });
    }
    expect((await kernel.getHealthStatus()).plugins).toMatchObject([{ name: 'strict', breaker: 'closed', errors: 0 }]);
    expect(kernel.listTasks()).toEqual([]);
  });
});

describe('failure 13: shadowing really ran the work a second time', () => {
  test('a kernel that rehearses runs no function and starts no process, and its tasks end', async () => {
    let calls = 0;
    const { kernel, spawn, delegate } = rig({ rehearsal: true });
    await spawn({ role: 'f', runtime: { kind: 'function', run: () => ++calls } });
    await spawn({ role: 'p', runtime: { kind: 'process', command: '/no/such/command' } });
    for (const role of ['f', 'p']) {
      expect(await kernel.waitForTask((await delegate({ role })).id)).toMatchObject({ state: 'completed' });
    }
    expect(calls).toBe(0);
  });
});

describe('failure 14: falling back ran a task twice', () => {
  test('a task that is asked for twice under one key runs once', async () => {
    let runs = 0;
    const { kernel, spawn, delegate } = rig();
    await spawn({ runtime: { kind: 'function', run: () => ++runs } });
    const request = { idempotencyKey: 'order-1', input: { amount: 5 } };
    const first = await kernel.waitForTask((await delegate(request)).id);
    const again = await kernel.waitForTask((await delegate(request)).id);
    expect([runs, again.id, again.result]).toEqual([1, first.id, 1]);
  });
});

describe('failure 15: settings were read by nobody, and nothing outlived the process', () => {
  test('a setting that does not exist is refused', () => {
    expect(() => rig({ comparisonSampleRate: 0.1 } as never)).toThrow('"comparisonSampleRate"');
  });

  test('what was acknowledged is there for the next process', async () => {
    const store = new MemoryStore();
    const first = rig({ store });
    await first.spawn({ id: 'a1' });
    const task = await first.delegate();
    const second = rig({ store, clock: new FakeClock(first.clock.now()) });
    expect(second.kernel.getAgent('a1')).toMatchObject({ state: 'busy', taskIds: [task.id] });
  });
});

describe('failure 16: what a plugin changed of a spawn was dropped but for the capabilities', () => {
  test('role, capabilities, runtime, rehearsal and attributes are what the plugin left', async () => {
    const change = {
      role: 'senior tester',
      capabilities: ['sql', 'python'],
      runtime: 'echo',
      rehearsal: true,
      attributes: { team: 'blue' },
    };
    const writes = { before_agent_spawn: Object.fromEntries(Object.keys(change).map((field) => [field, 'exclusive'])) };
    const { spawn } = rig({ runtimes: { echo: { kind: 'function', run: (task) => task.input } } }, [
      plugin('promotes', { hooks: { before_agent_spawn: () => change }, writes }),
    ]);
    expect(await spawn({ capabilities: ['sql'] })).toMatchObject(change);
  });

  test('and so is what it changed of a task', async () => {
    const change = {
      input: { n: 2 },
      priority: 90,
      capabilities: ['sql'],
      rehearsal: true,
      agentId: 'dba',
      runMs: 5_000,
    };
    const writes = {
      before_task_delegate: Object.fromEntries(Object.keys(change).map((field) => [field, 'exclusive'])),
    };
    const { spawn, delegate } = rig({ rehearsal: true }, [
      plugin('changes', { hooks: { before_task_delegate: () => change }, writes }),
    ]);
    await spawn({ id: 'other', capabilities: ['sql'] });
    await spawn({ id: 'dba', capabilities: ['sql'] });
    const { runMs, ...visible } = change;
    expect(await delegate({ input: { n: 1 } })).toMatchObject({ ...visible, deadlines: { runMs } });
  });
});

describe('failure 17: a plugin that failed to initialise was skipped silently', () => {
  test('the start fails and says which plugin and why, and so does every call', async () => {
    const broken = plugin('broken', {
      initialize: () => {
        throw new Error('no credentials');
      },
    } as Parts);
    const { kernel, spawn } = rig({}, [broken, plugin('needs-it', { requires: ['broken'] })]);
    await expect(kernel.start()).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
    await expect(spawn()).rejects.toThrow(/broken.*no credentials/);
  });
});
