/**
 * What the kernel promises whatever plugins are loaded. Each promise makes its own kernel with `open`; the suite is
 * run without any plugin, and with every combination of those that come with Banyan.
 */
import { expect } from 'vitest';
import type { Task } from '../../../src/contract/tasks.ts';
import { type KernelConfig, MemoryStore } from '../../../src/kernel/index.ts';
import { failureOf } from '../../kernel/hooks/support.ts';
import { eventsOf } from '../../kernel/support/rig.ts';
import { endless, type PluginRig } from './rig.ts';

/** A started kernel with the plugins under test. */
export type Open = (config?: KernelConfig) => Promise<PluginRig>;

export type Promised = { readonly says: string; readonly holds: (open: Open) => Promise<void> };

const echo = { kind: 'function', run: (task: Task) => task.input } as const;

export const KERNEL_CONTRACT: readonly Promised[] = [
  {
    says: 'the agent limit holds under concurrency',
    async holds(open) {
      const { orchestrator, spawn } = await open({ agentsMax: 3 });
      const spawns = await Promise.allSettled(Array.from({ length: 10 }, () => spawn()));
      expect(spawns.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect(orchestrator.listAgents()).toHaveLength(3);
      expect(await failureOf(() => spawn())).toMatchObject({ code: 'AT_CAPACITY' });
    },
  },
  {
    says: 'what is asked for is what is recorded',
    async holds(open) {
      const { spawn, delegate } = await open();
      const attributes = { tenant: 'acme', nested: { list: [1, 2] } };
      const asked = { role: 'tester', capabilities: ['x', 'y'], tasksMax: 2, priority: 4 };
      expect(await spawn({ ...asked, attributes })).toMatchObject({ ...asked, runtime: 'manual', attributes });
      const input = { page: 7, list: [null, 'a'] };
      const request = { id: 't1', type: 'read', description: 'a page', input, priority: 61, capabilities: ['y'] };
      expect(await delegate({ ...request, attributes, deadlines: { runMs: 5_000, queueMs: 6_000 } })).toMatchObject({
        ...request,
        attributes,
        deadlines: { runMs: 5_000, queueMs: 6_000 },
        rehearsal: false,
      });
    },
  },
  {
    says: 'a task never goes to an agent that cannot do it',
    async holds(open) {
      const { spawn, delegate, task, settle } = await open();
      await spawn({ capabilities: ['x'] });
      const waiting = await delegate({ capabilities: ['x', 'y'] });
      expect(waiting.state).toBe('queued');
      const able = await spawn({ capabilities: ['y', 'x', 'z'] });
      await settle();
      expect(task(waiting)).toMatchObject({ state: 'running', agentId: able.id });
    },
  },
  {
    says: 'the least loaded agent is chosen',
    async holds(open) {
      const { spawn, delegate } = await open();
      const agents = [await spawn({ tasksMax: 2 }), await spawn({ tasksMax: 2 })];
      const placed = [await delegate(), await delegate(), await delegate(), await delegate()].map(
        ({ agentId }) => agentId,
      );
      for (const { id } of agents) expect(placed.filter((agentId) => agentId === id)).toHaveLength(2);
      expect(placed[0]).not.toBe(placed[1]);
    },
  },
  {
    says: 'the urgent go first, then the first to come',
    async holds(open) {
      const { orchestrator, spawn, delegate, settle } = await open();
      await spawn();
      const current = await delegate();
      const [b, urgent, c] = [await delegate(), await delegate({ priority: 90 }), await delegate()];
      const order: string[] = [];
      let next: string | undefined = current.id;
      while (next !== undefined) {
        order.push(next);
        await orchestrator.completeTask(next);
        await settle();
        next = orchestrator.listTasks({ states: ['running'] })[0]?.id;
      }
      expect(order).toEqual([current.id, urgent.id, b.id, c.id]);
    },
  },
  {
    says: 'results are recorded once, by the attempt that runs',
    async holds(open) {
      const { orchestrator, spawn, delegate } = await open();
      await spawn();
      const { id, token } = await delegate();
      expect(await failureOf(() => orchestrator.completeTask(id, { token: (token ?? 0) + 1 }))).toMatchObject({
        code: 'STALE_TOKEN',
      });
      expect(await orchestrator.completeTask(id, { result: { n: 1 } })).toMatchObject({
        state: 'completed',
        result: { n: 1 },
      });
      expect(await failureOf(() => orchestrator.completeTask(id))).toMatchObject({ code: 'ILLEGAL_MOVE' });
      expect(await failureOf(() => orchestrator.completeTask('nothing'))).toMatchObject({ code: 'UNKNOWN_TASK' });
    },
  },
  {
    says: 'one idempotency key is one task',
    async holds(open) {
      const { delegate } = await open();
      const tasks = await Promise.all([1, 2, 3].map(() => delegate({ idempotencyKey: 'k', input: 1 })));
      expect(new Set(tasks.map(({ id }) => id)).size).toBe(1);
      expect(await failureOf(() => delegate({ idempotencyKey: 'k', input: 2 }))).toMatchObject({
        code: 'IDEMPOTENCY_MISMATCH',
      });
    },
  },
  {
    says: 'a cancelled task takes its descendants along',
    async holds(open) {
      const { orchestrator, spawn, delegate, task } = await open();
      await spawn({ tasksMax: 3 });
      const parent = await delegate();
      const child = await delegate({ parentId: parent.id });
      const grandchild = await delegate({ parentId: child.id });
      await orchestrator.cancelTask(parent.id, 'enough');
      expect([parent, child, grandchild].map((one) => task(one).state)).toEqual([
        'cancelled',
        'cancelled',
        'cancelled',
      ]);
    },
  },
  {
    says: 'a task waits for those it depends on, and shares their fate as it was told to',
    async holds(open) {
      const { orchestrator, spawn, delegate, task } = await open();
      await spawn({ tasksMax: 5 });
      const [good, bad] = [await delegate(), await delegate()];
      const after = await delegate({ dependsOn: [{ taskId: good.id }] });
      const doomed = await delegate({ dependsOn: [{ taskId: bad.id }] });
      const anyway = await delegate({ dependsOn: [{ taskId: bad.id, otherwise: 'run' }] });
      expect(task(after).state).toBe('waiting');
      await orchestrator.completeTask(good.id);
      await orchestrator.failTask(bad.id, { message: 'no' });
      expect([after, doomed, anyway].map((one) => task(one).state)).toEqual(['running', 'failed', 'running']);
    },
  },
  {
    says: 'attempts are counted, paused between and final in the end',
    async holds(open) {
      const { orchestrator, spawn, delegate, task, pass } = await open();
      await spawn();
      const { id } = await delegate({ retry: { attemptsMax: 2, pauseMs: 1_000 } });
      expect((await orchestrator.failTask(id, { message: 'no' })).state).toBe('waiting');
      await pass(1_000);
      expect(task({ id })).toMatchObject({ state: 'running', attemptsEver: 2 });
      expect(await orchestrator.failTask(id, { message: 'no' })).toMatchObject({
        state: 'failed',
        error: { message: 'no' },
      });
    },
  },
  {
    says: 'every deadline ends what it bounds',
    async holds(open) {
      const { spawn, delegate, task, pass } = await open();
      await spawn();
      const running = await delegate({ deadlines: { runMs: 5_000 } });
      const queued = await delegate({ deadlines: { queueMs: 2_000 } });
      await pass(2_000);
      expect(task(queued)).toMatchObject({ state: 'failed', error: { code: 'queue_deadline' } });
      await pass(3_000);
      expect(task(running)).toMatchObject({ state: 'failed', error: { code: 'run_deadline' } });
    },
  },
  {
    says: 'a shutdown waits for work, or ends it as it was told to',
    async holds(open) {
      const { orchestrator, spawn, delegate, task, settle } = await open();
      const [a, b] = [await spawn(), await spawn()];
      const [kept, moved] = [await delegate({ agentId: a.id }), await delegate()];
      const leaving = orchestrator.shutdownAgent(a.id);
      await settle();
      expect(orchestrator.getAgent(a.id)?.state).toBe('stopping');
      await orchestrator.completeTask(kept.id);
      expect((await leaving).state).toBe('stopped');
      const c = await spawn();
      await orchestrator.shutdownAgent(b.id, { graceful: false, unfinished: 'redrive' });
      await settle();
      expect(task(moved)).toMatchObject({ state: 'running', agentId: c.id });
    },
  },
  {
    says: 'the work of a silent agent goes to another',
    async holds(open) {
      const { spawn, delegate, task, agent, pass } = await open();
      const silent = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
      const { id } = await delegate();
      const other = await spawn();
      await pass(1_000);
      expect(agent(silent).state).toBe('failed');
      expect(task({ id })).toMatchObject({ state: 'running', agentId: other.id });
    },
  },
  {
    says: 'a full queue refuses and says when to ask again',
    async holds(open) {
      const { delegate } = await open({ queueMax: 2 });
      await delegate();
      await delegate();
      await expect(delegate()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: expect.any(Number) });
    },
  },
  {
    says: 'where all are busy, the caller decides what happens',
    async holds(open) {
      const { spawn, delegate, task } = await open();
      await spawn();
      const first = await delegate({ priority: 10 });
      expect(await failureOf(() => delegate({ whenBusy: 'reject' }))).toMatchObject({ code: 'NO_AGENT_AVAILABLE' });
      expect((await delegate({ whenBusy: 'enqueue', priority: 1 })).state).toBe('queued');
      expect((await delegate({ whenBusy: 'interrupt' })).state).toBe('running');
      expect(task(first).state).toBe('queued');
    },
  },
  {
    says: 'agents work on functions and their results are waited for',
    async holds(open) {
      const { orchestrator, spawn, delegate } = await open({ runtimes: { echo } });
      await spawn({ runtime: 'echo' });
      const { id } = await delegate({ input: { a: 1 } });
      expect(await orchestrator.waitForTask(id)).toMatchObject({ state: 'completed', result: { a: 1 } });
    },
  },
  {
    says: 'a rehearsal touches nothing outside and meets only rehearsals',
    async holds(open) {
      let touched = 0;
      const run = () => ++touched;
      const { orchestrator, spawn, delegate } = await open({ rehearse: () => 'pretended' });
      await spawn({ runtime: { kind: 'function', run }, rehearsal: true });
      const { id } = await delegate({ rehearsal: true });
      expect((await orchestrator.waitForTask(id)).result).toBe('pretended');
      expect([(await delegate()).state, touched]).toEqual(['queued', 0]);
    },
  },
  {
    says: 'each move is one event, in order',
    async holds(open) {
      const { orchestrator, spawn, delegate } = await open();
      await spawn();
      const { id } = await delegate();
      await orchestrator.completeTask(id);
      const events = await eventsOf(orchestrator);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
      expect(events.filter(({ taskId }) => taskId === id).map(({ kind }) => kind)).toEqual([
        'task.delegated',
        'task.started',
        'agent.assigned',
        'task.completed',
        'agent.released',
      ]);
    },
  },
  {
    says: 'what was acknowledged is there after the host died',
    async holds(open) {
      const store = new MemoryStore();
      const runtimes = { hang: { kind: 'function', run: endless } } as const;
      const before = await open({ store, runtimes });
      const agent = await before.spawn({ runtime: 'hang' });
      const [running, queued] = [await before.delegate(), await before.delegate()];
      let ids = 0;
      const after = await open({ store, runtimes, clock: before.clock, newId: () => `new-${++ids}` });
      await after.settle();
      expect(after.agent(agent).role).toBe('tester');
      expect([after.task(running).state, after.task(queued).state]).toEqual(['running', 'queued']);
    },
  },
];
