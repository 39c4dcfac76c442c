import { describe, expect, it } from 'vitest';
import { definePlugin } from '../../../src/contract/plugins.ts';
import { development } from '../../../src/plugins/development/plugin.ts';
import { BOUNDS } from '../../../src/plugins/development/state.ts';
import { watch, workshop } from './support.ts';

describe('a call that comes to a breakpoint', () => {
  it('waits until it is released', async () => {
    const { use, orchestrator, settle } = await workshop({ debug: true });
    const { id } = await use.setBreakpoint({ place: 'delegate', where: { type: 'build' } });
    await orchestrator.delegateTask({ type: 'other' });
    const call = watch(orchestrator.delegateTask({ id: 't1', type: 'build' }));
    await settle();
    expect(call.how).toBe('waits');
    expect(orchestrator.getTask('t1')).toBeNull();
    const [held] = await use.held();
    expect(held).toMatchObject({ place: 'delegate', taskId: 't1', type: 'build', breakpointId: id });
    expect(await use.release({ id: held?.id ?? '' })).toBe(true);
    await settle();
    expect(call).toMatchObject({ how: 'done', value: { id: 't1' } });
    expect(await use.release({ id: held?.id ?? '' })).toBe(false);
    expect(await use.breakpoints()).toMatchObject([{ id, hits: 1 }]);
    expect(await use.findings()).toEqual([]);
  });

  it('goes on with a finding when nobody releases it in time', async () => {
    const { use, orchestrator, pass, settle } = await workshop({ debug: true, callHoldMs: 100 });
    await use.setBreakpoint({ place: 'spawn' });
    const call = watch(orchestrator.spawnAgent({ id: 'a1', role: 'worker' }));
    await settle();
    await pass(99);
    expect(call.how).toBe('waits');
    await pass(1);
    await settle();
    expect(call.how).toBe('done');
    expect(await use.findings()).toMatchObject([
      { kind: 'held_too_long', place: 'spawn', agentId: 'a1', message: 'it was held for 100 ms and went on' },
    ]);
    expect((await orchestrator.getHealthStatus()).plugins).toMatchObject([{ errors: 0, timeouts: 0 }]);
  });

  it('is held for as long as a person needs, where the kernel gives plugins that long', async () => {
    const budgets = { operationMs: 300_100 };
    const { use, orchestrator, pass, settle } = await workshop({ debug: true, callHoldMs: 300_000 }, { budgets });
    await use.setBreakpoint({ place: 'delegate', where: { role: 'builder' } });
    await orchestrator.delegateTask({ type: 'x', role: 'other', preferredRole: 'builder' });
    const call = watch(orchestrator.delegateTask({ type: 'x', role: 'builder' }));
    await settle();
    await pass(299_999);
    expect(call.how).toBe('waits');
    const [held] = await use.held();
    await use.release({ id: held?.id ?? '' });
    await settle();
    expect(call.how).toBe('done');
    expect(orchestrator.plugins.findings()).toEqual([]);
  });

  it('is vetoed when it is aborted, and a result stays unrecorded', async () => {
    const { use, orchestrator, settle, task } = await workshop({ debug: true });
    await orchestrator.spawnAgent({ role: 'worker' });
    const running = await orchestrator.delegateTask({ type: 'build' });
    for (const place of ['spawn', 'delegate', 'complete'] as const) await use.setBreakpoint({ place, once: true });
    const calls = [
      watch(orchestrator.spawnAgent({ role: 'worker' })),
      watch(orchestrator.delegateTask({ type: 'build' })),
      watch(orchestrator.completeTask(running.id)),
    ];
    await settle();
    const held = await use.held();
    expect(held.map(({ place }) => place).toSorted()).toEqual(['complete', 'delegate', 'spawn']);
    for (const { id } of held) await use.release({ id, how: 'abort' });
    await settle();
    for (const { how } of calls) expect(how).toMatch(/plugin development refused: it was aborted in the debugger$/);
    expect(task(running).state).toBe('running');
    expect(await use.breakpoints()).toEqual([]);
    await orchestrator.completeTask(running.id);
  });

  it('that steps is held again at its next place, and only there', async () => {
    const { use, orchestrator, settle } = await workshop({ debug: true });
    await orchestrator.spawnAgent({ role: 'worker', tasksMax: 2 });
    await use.setBreakpoint({ place: 'delegate', where: { taskId: 't1' }, once: true });
    const call = watch(orchestrator.delegateTask({ id: 't1', type: 'x' }));
    const other = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    const [first] = await use.held();
    await use.release({ id: first?.id ?? '', how: 'step' });
    await settle();
    expect(call.how).toBe('done');
    await orchestrator.completeTask(other.id);
    const end = watch(orchestrator.completeTask('t1'));
    await settle();
    expect(end.how).toBe('waits');
    const [second] = await use.held();
    expect(second).toMatchObject({ place: 'complete', taskId: 't1', breakpointId: null });
    await use.release({ id: second?.id ?? '', how: 'step' });
    await settle();
    expect(end.how).toBe('done');
    const state = (await orchestrator.plugins.snapshot()).development?.state as { stepping: Set<string> };
    expect(state.stepping.size).toBe(0);
  });

  it('is let go when debugging ends, and nothing is held after', async () => {
    const { use, orchestrator, settle } = await workshop({ debug: true });
    const { id } = await use.setBreakpoint({ place: 'delegate' });
    const call = watch(orchestrator.delegateTask({ type: 'x' }));
    await settle();
    await use.setDebug({ enabled: false });
    await settle();
    expect(call.how).toBe('done');
    await orchestrator.delegateTask({ type: 'x' });
    await use.setDebug({ enabled: true });
    expect(await use.clearBreakpoint({ id })).toBe(true);
    expect(await use.clearBreakpoint({ id })).toBe(false);
    await orchestrator.delegateTask({ type: 'x' });
    expect(await use.held()).toEqual([]);
  });

  it('is let go when the plugin goes', async () => {
    const { use, orchestrator, settle, pass } = await workshop({ debug: true });
    await use.setBreakpoint({ place: 'delegate' });
    const call = watch(orchestrator.delegateTask({ type: 'x' }));
    await settle();
    const unloaded = orchestrator.unloadPlugin('development');
    await pass(200);
    await unloaded;
    await settle();
    expect(call.how).toBe('done');
  });

  it('goes on, counted, where too many are held', async () => {
    const { use, settle, pass } = await workshop({ debug: true });
    await use.setBreakpoint({ place: 'delegate' });
    const calls = Array.from({ length: BOUNDS.heldMax + 1 }, (_, i) =>
      watch(use.delegate({ request: { id: `t${i}`, type: 'x' } })),
    );
    await settle();
    expect(calls.filter(({ how }) => how === 'done')).toHaveLength(1);
    expect(await use.findings()).toMatchObject([{ kind: 'too_many_held', taskId: `t${BOUNDS.heldMax}` }]);
    await pass(300_000);
    expect(calls.filter(({ how }) => how === 'done')).toHaveLength(BOUNDS.heldMax + 1);
  });

  it('has only so many breakpoints to come to', async () => {
    const { use } = await workshop();
    for (let i = 0; i < BOUNDS.breakpointsMax; i++) await use.setBreakpoint({ place: 'run' });
    await expect(use.setBreakpoint({ place: 'run' })).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('a call through the plugin', () => {
  it('is held for minutes, and once', async () => {
    const { use, orchestrator, settle, pass } = await workshop({ debug: true });
    await use.setBreakpoint({ place: 'delegate' });
    await use.setBreakpoint({ place: 'spawn' });
    const task = watch(use.delegate({ request: { id: 't1', type: 'x', input: { a: 1 } } }));
    const agent = watch(use.spawn({ request: { role: 'worker' } }));
    await settle();
    await pass(299_999);
    expect([task.how, agent.how]).toEqual(['waits', 'waits']);
    for (const { id } of await use.held()) await use.release({ id });
    await settle();
    expect(task).toMatchObject({ how: 'done', value: { id: 't1', input: { a: 1 } } });
    expect(agent).toMatchObject({ how: 'done', value: { role: 'worker' } });
    expect(orchestrator.getTask('t1')?.type).toBe('x');
    expect(await use.breakpoints()).toMatchObject([{ hits: 1 }, { hits: 1 }]);
  });

  it('that is aborted is never made', async () => {
    const { use, orchestrator, settle } = await workshop({ debug: true });
    await use.setBreakpoint({ place: 'spawn', where: { role: 'worker' } });
    const agent = watch(use.spawn({ request: { role: 'worker' } }));
    await settle();
    const [held] = await use.held();
    await use.release({ id: held?.id ?? '', how: 'abort' });
    await settle();
    expect(agent.how).toBe('it was aborted in the debugger');
    expect(orchestrator.listAgents()).toEqual([]);
    await expect(use.delegate({ request: {} as never })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('while debugging', () => {
  it('a task may run twice as long', async () => {
    const { use, orchestrator, task } = await workshop();
    const deadlines = { runMs: 1_000 };
    const before = await orchestrator.delegateTask({ type: 'x', deadlines });
    await use.setDebug({ enabled: true });
    const during = await orchestrator.delegateTask({ type: 'x', deadlines });
    const endless = await orchestrator.delegateTask({ type: 'x', deadlines: { runMs: 'never' } });
    expect([before, during, endless].map((one) => task(one).deadlines.runMs)).toEqual([1_000, 2_000, 'never']);
  });
});

describe('as rehearsals', () => {
  it('agents and tasks touch nothing outside', async () => {
    let touched = 0;
    const run = () => {
      touched++;
    };
    const { orchestrator, settle, task } = await workshop({ rehearse: true });
    await orchestrator.spawnAgent({ role: 'worker', runtime: { kind: 'function', run } });
    const done = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task(done)).toMatchObject({ state: 'completed', rehearsal: true, result: { rehearsed: true } });
    expect(touched).toBe(0);
  });
});

describe('traces', () => {
  const shouter = definePlugin({
    name: 'shouter',
    version: '1.0.0',
    says: 'raises an alert for each message',
    hooks: {
      on_message_sent: ({ topic }, { emit, now }) =>
        emit('on_alert_raised', { id: `shouter:${topic}`, severity: 'info', message: 'hey', atMs: now() }),
    },
  });

  it('tell what happened, by task, by agent and by event', async () => {
    const { use, orchestrator, settle } = await workshop({}, {}, [shouter]);
    const a = await orchestrator.spawnAgent({ id: 'a', role: 'worker' });
    await orchestrator.spawnAgent({ id: 'b', role: 'worker' });
    await orchestrator.delegateTask({ id: 't1', type: 'build', input: { n: 1 }, agentId: 'a' });
    await orchestrator.delegateTask({ id: 't2', type: 'build', agentId: 'a' });
    await orchestrator.reassign('t1', 'b');
    await orchestrator.failTask('t2', { message: 'no' });
    await orchestrator.completeTask('t1', { result: 'y'.repeat(1_000) });
    await orchestrator.delegateTask({ id: 't3', type: 'odd', capabilities: ['nobody'] });
    await orchestrator.cancelTask('t3', 'enough');
    orchestrator.bus.publish({ name: 'news' }, null);
    await orchestrator.shutdownAgent(a.id);
    await settle();
    const ofTask = await use.traces({ taskId: 't1' });
    expect(ofTask.map(({ event, agentId }) => `${event} ${agentId}`)).toEqual([
      'on_task_delegated a',
      'on_task_delegated b',
      'on_task_reassigned b',
      'on_task_completed b',
    ]);
    expect(ofTask[0]?.facts).toMatchObject({ type: 'build', input: '{"n":1}' });
    expect(String(ofTask[3]?.facts.result)).toHaveLength(BOUNDS.traceCharsMax);
    expect((await use.traces({ taskId: 't2' })).map(({ event }) => event)).toEqual([
      'on_task_queued',
      'on_task_delegated',
      'on_task_failed',
    ]);
    expect((await use.traces({ taskId: 't3' })).map(({ event }) => event).toSorted()).toEqual([
      'on_no_agent_available',
      'on_task_cancelled',
      'on_task_queued',
    ]);
    expect((await use.traces({ event: 'on_agent_stopped' })).map(({ agentId }) => agentId)).toEqual(['a']);
    expect(await use.traces({ event: 'on_message_sent' })).toMatchObject([{ facts: { topic: 'news' } }]);
    expect(await use.traces({ event: 'on_alert_raised' })).toMatchObject([{ facts: { id: 'shouter:news' } }]);
    expect(await use.traces({ event: 'on_agent_spawned' })).toHaveLength(2);
    expect(await use.traces({ limit: 1 })).toHaveLength(1);
  });

  it('have failures of agents', async () => {
    const { use, orchestrator, settle, pass } = await workshop();
    const deadlines = { heartbeatMs: 10 };
    await orchestrator.spawnAgent({ id: 'a', role: 'worker', restart: 'temporary', deadlines });
    await orchestrator.delegateTask({ type: 'x' });
    await pass(20);
    await settle();
    expect(await use.traces({ event: 'on_agent_failure' })).toMatchObject([
      { agentId: 'a', facts: { code: 'heartbeat_lost' } },
    ]);
  });

  it('hold no inputs where nobody wants them, and are none where they are off', async () => {
    const quiet = await workshop({ traces: { details: false } });
    await quiet.orchestrator.spawnAgent({ role: 'worker' });
    await quiet.orchestrator.delegateTask({ type: 'x', input: 'hush' });
    await quiet.settle();
    expect(JSON.stringify(await quiet.use.traces())).not.toContain('hush');
    const off = await workshop({ traces: { enabled: false } });
    await off.orchestrator.spawnAgent({ role: 'worker' });
    await off.settle();
    expect(await off.use.traces()).toEqual([]);
  });

  it('are a ring, whose limit 0 means all', async () => {
    const { use, orchestrator, settle } = await workshop();
    for (let i = 0; i < BOUNDS.tracesMax + 7; i++) orchestrator.bus.publish({ name: `n${i}` }, null);
    await settle();
    const all = await use.traces({ limit: 0 });
    expect([all.length, all[0]?.sequence, (await use.traces()).length]).toEqual([BOUNDS.tracesMax, 8, 100]);
    expect((await orchestrator.getHealthStatus()).sections.development).toMatchObject({
      traced: BOUNDS.tracesMax + 7,
      limitsHit: { tracesMax: 7 },
    });
  });
});

describe('the state of the development plugin', () => {
  it('survives a snapshot and a restore', async () => {
    const { use, orchestrator } = await workshop();
    await use.setBreakpoint({ place: 'run' });
    await use.setDebug({ enabled: true });
    const snapshot = await orchestrator.plugins.snapshot();
    const [{ id } = { id: '' }] = await use.breakpoints();
    await use.clearBreakpoint({ id });
    await use.setDebug({ enabled: false });
    await orchestrator.plugins.restore(snapshot);
    expect(await use.breakpoints()).toMatchObject([{ id, place: 'run' }]);
    expect((await orchestrator.getHealthStatus()).sections.development).toMatchObject({ debug: true, breakpoints: 1 });
  });

  it('goes on in the next version of the plugin, and so does the work of its mock agents', async () => {
    const { use, orchestrator, settle, task } = await workshop();
    const { id } = await use.mockAgent({ role: 'worker', behavior: { successRate: 1, responses: { x: 'mine' } } });
    await orchestrator.loadPlugin({ ...development, version: '1.0.1' });
    const done = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task(done)).toMatchObject({ state: 'completed', result: 'mine' });
    expect(await orchestrator.use(development).mockAgents()).toMatchObject([{ id, runs: 1 }]);
    await orchestrator.unloadPlugin('development');
    const orphaned = await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(task(orphaned).error?.message).toBe('the development plugin is not loaded any more');
  });
});
