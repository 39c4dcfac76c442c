import { describe, expect, it } from 'vitest';
import { automationConfig } from '../../../src/plugins/automation/config.ts';
import { nextMode } from '../../../src/plugins/automation/health.ts';
import { automation } from '../../../src/plugins/automation/plugin.ts';
import { PLANS, tierOf } from '../../../src/plugins/automation/recovery/plans.ts';
import type { Recovery } from '../../../src/plugins/automation/shapes.ts';
import { automationState, BOUNDS } from '../../../src/plugins/automation/state.ts';
import { failureOf, load } from '../../kernel/hooks/support.ts';
import { alertListener } from '../support/alert-listener.ts';
import { endless, rig } from '../support/rig.ts';

const config = (parts = {}) => ({
  runtimes: { clerk: { kind: 'function' as const, run: endless } },
  plugins: { automation: { healing: { enabled: false }, ...parts } },
});
const steps = (recovery: Recovery | undefined) => recovery?.steps.map(({ step, state }) => `${step} ${state}`);

describe('a recovery', () => {
  it('has its tier from the severity', () => {
    expect([1, 2, 3, 4, 9].map(tierOf)).toEqual(['automatic', 'assisted', 'manual', 'emergency', 'emergency']);
    expect(Object.keys(PLANS)).toEqual(['automatic', 'assisted', 'manual', 'emergency']);
  });

  it('automatic: keeps work from the agent and moves its tasks', async () => {
    const { orchestrator, spawn, delegate, task } = await rig([automation], config());
    const [bad, good] = [await spawn(), await spawn()];
    const running = await delegate({ agentId: bad.id });
    const [recovery] = await orchestrator.use(automation).recover({ agentId: bad.id, failure: 'slow' });
    expect(recovery).toMatchObject({ tier: 'automatic', state: 'recovered', by: 'caller', agentId: bad.id });
    expect(steps(recovery)).toEqual(['isolate done', 'reassign done', 'verify_empty done']);
    expect(task(running)).toMatchObject({ state: 'running', agentId: good.id });
    expect(await failureOf(() => delegate({ agentId: bad.id }))).toMatchObject({ code: 'VETOED' });
  });

  it('isolates: nothing that waits for any agent begins there, and its trial brings it back, whatever has breakers', async () => {
    const { orchestrator, spawn, delegate, task, pass, settle } = await rig(
      [automation],
      config({ breaker: { scopes: ['type'] } }),
    );
    const [bad, good] = [await spawn(), await spawn()];
    for (const { id } of [bad, good]) await delegate({ agentId: id });
    const waiting = [await delegate(), await delegate()];
    const [recovery] = await orchestrator.use(automation).recover({ agentId: bad.id, failure: 'slow' });
    expect(steps(recovery)).toEqual(['isolate done', 'reassign done', 'verify_empty done']);
    expect(waiting.map((one) => task(one).state)).toEqual(['queued', 'queued']);
    await pass(60_000);
    const trial = orchestrator.listTasks({ agentId: bad.id, states: ['running'] });
    expect(trial).toHaveLength(1);
    await orchestrator.completeTask(trial[0]?.id ?? '');
    await settle();
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${bad.id}`]?.state.kind).toBe('closed');
    expect(waiting.map((one) => task(one).state)).toContain('running');
  });

  it('gives what waited for the agent by name to one that gets work', async () => {
    const { orchestrator, spawn, delegate, task } = await rig([automation], config());
    const [bad, alsoBad, good] = [await spawn(), await spawn(), await spawn()];
    const { handleAgentFailure, recover } = orchestrator.use(automation);
    await handleAgentFailure({ agentId: alsoBad.id, error: { message: 'smoke' } });
    const busy = await delegate({ agentId: good.id });
    const [running, waiting] = [await delegate({ agentId: bad.id }), await delegate({ agentId: bad.id })];
    await recover({ agentId: bad.id, failure: 'slow' });
    for (const { id } of [busy, running]) await orchestrator.completeTask(id);
    expect(task(waiting)).toMatchObject({ state: 'running', agentId: good.id });
  });

  it('assisted: replaces the agent', async () => {
    const { orchestrator, spawn, delegate, task, agent } = await rig([automation], config());
    const bad = await spawn({ runtime: 'clerk', capabilities: ['x'] });
    const running = await delegate();
    const [recovery] = await orchestrator.use(automation).recover({ agentId: bad.id, failure: 'stuck', severity: 2 });
    expect(steps(recovery)).toEqual([
      'isolate done',
      'reassign failed',
      'stand_in done',
      'retire done',
      'verify_replaced done',
    ]);
    expect(recovery?.state).toBe('recovered');
    const [standIn] = orchestrator.listAgents();
    expect([agent(bad).state, standIn?.capabilities, task(running).agentId]).toEqual(['stopped', ['x'], standIn?.id]);
  });

  it('manual: waits for a person, who may say yes or no', async () => {
    const { heard, plugin } = alertListener();
    const { orchestrator, spawn, agent, settle } = await rig([automation, plugin], config());
    const { recover, decideRecovery } = orchestrator.use(automation);
    const bad = await spawn({ runtime: 'clerk' });
    const [first] = await recover({ agentId: bad.id, failure: 'odd', severity: 3 });
    expect([first?.state, steps(first)]).toEqual([
      'awaiting_approval',
      ['isolate done', 'reassign done', 'announce done'],
    ]);
    await settle();
    expect(heard).toContain(`critical automation:recovery:${bad.id}`);
    expect(await decideRecovery({ id: first?.id ?? '', by: 'kim', approve: false })).toMatchObject({
      state: 'rejected',
      decidedBy: 'kim',
    });
    expect(agent(bad).state).toBe('idle');
    expect(await decideRecovery({ id: first?.id ?? '', by: 'kim', approve: true })).toBeNull();
    const [second] = await recover({ agentId: bad.id, failure: 'odd', severity: 3 });
    const done = await decideRecovery({ id: second?.id ?? '', by: 'kim', approve: true });
    expect(done).toMatchObject({ state: 'recovered' });
    expect(steps(done ?? undefined)?.slice(3)).toEqual(['stand_in done', 'retire done', 'verify_replaced done']);
    expect(agent(bad).state).toBe('stopped');
    await settle();
    expect(heard).toContain(`resolved automation:recovery:${bad.id}`);
  });

  it('emergency: falls back to taking the agent out when nobody can stand in', async () => {
    const { orchestrator, spawn, delegate, agent, task } = await rig([automation], config());
    const bad = await spawn();
    const running = await delegate();
    const [recovery] = await orchestrator.use(automation).recover({ agentId: bad.id, failure: 'smoke', severity: 4 });
    expect(steps(recovery)).toEqual([
      'announce done',
      'isolate done',
      'stand_in failed',
      'retire skipped',
      'verify_replaced skipped',
      'retire done',
      'announce done',
    ]);
    expect([recovery?.state, agent(bad).state, task(running).state]).toEqual(['failed', 'stopped', 'queued']);
  });

  it('lets another agent stand in for one that only its owner can replace', async () => {
    const { orchestrator, spawn, delegate, task } = await rig([automation], config());
    const [bad, good] = [await spawn(), await spawn()];
    const running = await delegate({ agentId: bad.id });
    const [recovery] = await orchestrator.use(automation).recover({ agentId: bad.id, failure: 'x', severity: 2 });
    expect(recovery).toMatchObject({ state: 'recovered' });
    expect(task(running).agentId).toBe(good.id);
  });

  it('is tried three times in ten minutes, then people are called', async () => {
    const { heard, plugin } = alertListener();
    const { orchestrator, spawn, pass, settle } = await rig([automation, plugin], config());
    const { recover } = orchestrator.use(automation);
    const bad = await spawn();
    const again = async () => (await recover({ agentId: bad.id, failure: 'x' }))[0]?.state;
    expect([await again(), await again(), await again(), await again()]).toEqual([
      'recovered',
      'recovered',
      'recovered',
      'gave_up',
    ]);
    await settle();
    expect(heard).toContain(`critical automation:recovery:${bad.id}`);
    await pass(600_000);
    expect(await again()).toBe('recovered');
  });

  it('of all takes those that have failed', async () => {
    const { orchestrator, spawn, pass, agent } = await rig([automation], config());
    const bad = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    await spawn();
    orchestrator.heartbeat(bad.id);
    await pass(1_000);
    expect(agent(bad).state).toBe('failed');
    const { recover } = orchestrator.use(automation);
    expect(await recover({ agentId: null, failure: 'flood', severity: 2 })).toMatchObject([
      { agentId: bad.id, state: 'recovered' },
    ]);
    expect(await recover({ agentId: null, failure: 'flood', severity: 2 })).toEqual([]);
    expect(await recover({ agentId: 'nobody', failure: 'flood' })).toEqual([]);
  });
});

describe('self-healing', () => {
  const healing = { plugins: { automation: {} }, runtimes: { clerk: { kind: 'function' as const, run: endless } } };

  it('replaces an agent that the kernel gave up, and leaves one alone that it restarts', async () => {
    const { orchestrator, spawn, pass } = await rig([automation], healing);
    const bad = await spawn({ role: 'clerk', restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    await spawn({ role: 'clerk' });
    const restarted = await spawn({ role: 'other', deadlines: { heartbeatMs: 20_000 } });
    for (const id of [bad.id, restarted.id]) orchestrator.heartbeat(id);
    await pass(30_000);
    expect(await orchestrator.use(automation).recoveries()).toMatchObject([
      { agentId: bad.id, tier: 'assisted', state: 'recovered', by: 'healing' },
    ]);
    expect(orchestrator.getAgent(bad.id)?.state).toBe('stopped');
    expect(orchestrator.getAgent(restarted.id)?.state).toBe('idle');
  });

  it('gives the kernel ten seconds to help itself', async () => {
    const { orchestrator, spawn, pass } = await rig([automation], healing);
    const bad = await spawn({ role: 'clerk', restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    await spawn({ role: 'clerk' });
    await pass(24_000);
    orchestrator.heartbeat(bad.id);
    await pass(6_000);
    expect([orchestrator.getAgent(bad.id)?.state, await orchestrator.use(automation).recoveries()]).toEqual([
      'failed',
      [],
    ]);
    await pass(30_000);
    expect(await orchestrator.use(automation).recoveries()).toMatchObject([{ agentId: bad.id, state: 'recovered' }]);
  });

  it('calls people when it cannot help, once', async () => {
    const { heard, plugin } = alertListener();
    const { orchestrator, spawn, pass } = await rig([automation, plugin], healing);
    const bad = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    orchestrator.heartbeat(bad.id);
    await pass(300_000);
    const states = (await orchestrator.use(automation).recoveries()).map(({ tier, state }) => `${tier} ${state}`);
    expect(states).toEqual(['assisted failed', 'manual awaiting_approval']);
    expect(heard.filter((line) => line.includes('recovery'))).toEqual([`critical automation:recovery:${bad.id}`]);
  });

  it('looks after an agent whose breaker keeps opening', async () => {
    const { orchestrator, spawn, delegate, pass, settle } = await rig([automation], healing);
    const bad = await spawn({ role: 'clerk', deadlines: { heartbeatMs: 'never' } });
    const fail = async () => {
      const { id } = await delegate({ agentId: bad.id });
      await orchestrator.failTask(id, { message: 'no' });
      await settle();
    };
    for (let i = 0; i < 5; i++) await fail();
    for (let i = 0; i < 2; i++) {
      await pass(60_000);
      await fail();
    }
    expect((await orchestrator.use(automation).circuitStatus())[`agent:${bad.id}`]?.opened).toBe(3);
    await pass(30_000);
    expect(await orchestrator.use(automation).recoveries()).toMatchObject([
      { tier: 'automatic', failure: 'its breaker opened 3 times' },
    ]);
  });

  it('can be switched off', async () => {
    const { orchestrator, spawn, pass } = await rig([automation], config());
    const bad = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    orchestrator.heartbeat(bad.id);
    await pass(120_000);
    expect(await orchestrator.use(automation).recoveries()).toEqual([]);
  });
});

describe('the mode', () => {
  const bounds = automationConfig.parse({}).health;

  it('follows the score down at 70 and 50, and back only 5 above', () => {
    const scores = [71, 69, 74, 75, 49, 54, 55, 74, 76];
    let mode = nextMode('normal', 100, bounds);
    const modes = scores.map((score) => {
      mode = nextMode(mode, score, bounds);
      return mode;
    });
    expect(modes).toEqual([
      'normal',
      'maintenance',
      'maintenance',
      'normal',
      'emergency',
      'emergency',
      'maintenance',
      'maintenance',
      'normal',
    ]);
  });

  it('is told, and goes back by itself', async () => {
    const { heard, plugin } = alertListener();
    const { orchestrator, spawn, pass } = await rig([automation, plugin], config());
    const bad = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    orchestrator.heartbeat(bad.id);
    await pass(30_000);
    expect((await orchestrator.getHealthStatus()).sections.automation).toMatchObject({ mode: 'normal' });
    await orchestrator.shutdownAgent(bad.id);
    const { id } = await spawn({ deadlines: { heartbeatMs: 'never' } });
    const { emitEvent } = orchestrator.use(automation);
    for (let i = 0; i < 10; i++) await emitEvent({ type: 'agent_error', agentId: id });
    await pass(30_000);
    expect((await orchestrator.getHealthStatus()).sections.automation).toMatchObject({
      mode: 'emergency',
      breakers: { open: 1 },
    });
    expect(heard).toContain('critical automation:mode');
    await orchestrator.shutdownAgent(id);
    await pass(30_000);
    expect(heard.at(-1)).toBe('resolved automation:mode');
  });
});

describe('callers', () => {
  it('report a failure that they saw', async () => {
    const { orchestrator, spawn, delegate, task } = await rig([automation], config());
    const [bad, good] = [await spawn({ capabilities: ['x'] }), await spawn()];
    const [movable, stuck] = [
      await delegate({ agentId: bad.id }),
      await delegate({ agentId: bad.id, capabilities: ['x'] }),
    ];
    const { handleAgentFailure } = orchestrator.use(automation);
    expect(await handleAgentFailure({ agentId: bad.id, error: { message: 'it smokes', seenBy: 'kim' } })).toEqual({
      handled: true,
      moved: [movable.id],
      stuck: [stuck.id],
    });
    expect(task(movable).agentId).toBe(good.id);
    expect(await failureOf(() => delegate({ agentId: bad.id }))).toMatchObject({ code: 'VETOED' });
    expect(await handleAgentFailure({ agentId: 'nobody', error: {} })).toEqual({
      handled: false,
      moved: [],
      stuck: [],
    });
  });

  it('have tasks reassigned; one that failed is delegated anew, once', async () => {
    const { orchestrator, spawn, delegate, task } = await rig([automation], config());
    const [a, b] = [await spawn(), await spawn()];
    const running = await delegate({ agentId: a.id });
    const failed = await delegate({ agentId: b.id, input: { page: 7 }, priority: 60 });
    await orchestrator.failTask(failed.id, { message: 'no' });
    const { reassign } = orchestrator.use(automation);
    const answer = await reassign({ taskIds: [running.id, failed.id, 'nothing', failed.id] });
    expect(answer[running.id]).toMatchObject({ done: true, taskId: running.id });
    expect(answer.nothing).toEqual({ done: false, taskId: null, why: 'there is no such task' });
    const anew = task({ id: answer[failed.id]?.taskId ?? '' });
    expect(anew).toMatchObject({ input: { page: 7 }, priority: 60, attributes: { insteadOf: failed.id } });
    expect((await reassign({ taskIds: [failed.id] }))[failed.id]?.taskId).toBe(anew.id);
    expect((await reassign({ taskIds: [running.id] }))[running.id]).toMatchObject({ done: true });
    await orchestrator.cancelTask(running.id);
    expect((await reassign({ taskIds: [running.id] }))[running.id]).toMatchObject({
      done: false,
      why: 'it was cancelled',
    });
  });

  it('clean up', async () => {
    const { orchestrator, spawn, pass } = await rig([automation], config());
    const bad = await spawn({ restart: 'temporary', deadlines: { heartbeatMs: 1_000 } });
    const good = await spawn();
    orchestrator.heartbeat(bad.id);
    await pass(1_000);
    const { cleanupFailed, cleanup, recover, emitEvent } = orchestrator.use(automation);
    await recover({ agentId: good.id, failure: 'x' });
    await emitEvent({ type: 'orchestration_started' });
    await pass(2_000);
    expect(await cleanupFailed()).toEqual([bad.id]);
    expect(orchestrator.getAgent(bad.id)?.state).toBe('stopped');
    expect(await cleanup()).toBe(0);
    await pass(10);
    expect(await cleanup({ olderThanMs: 0 })).toBe(3);
  });

  it('ask how agents do', async () => {
    const { orchestrator, spawn } = await rig([automation], config());
    const agent = await spawn();
    const { agentHealth } = orchestrator.use(automation);
    expect(await agentHealth()).toMatchObject([
      { agentId: agent.id, score: 100, successRate: null, breaker: 'closed' },
    ]);
    expect(await agentHealth({ agentId: 'nobody' })).toEqual([]);
  });
});

describe('events', () => {
  it('are handled by priority, and known by type', async () => {
    const { heard, plugin } = alertListener();
    const { orchestrator, pass } = await rig([automation, plugin], config());
    const { emitEvent, events } = orchestrator.use(automation);
    await emitEvent({ type: 'checkpoint_failed', priority: 1, payload: { message: 'no disk' } });
    await emitEvent({ type: 'system_overload', priority: 900 });
    await emitEvent({ type: 'health_degraded', agentId: 'a' });
    expect(await emitEvent({ type: 'unheard_of' })).toEqual({ accepted: false, id: null });
    expect((await events()).map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    await pass(1_000);
    expect(heard).toEqual([
      'critical automation:event:system_overload',
      'warning automation:event:health_degraded:a',
      'warning automation:event:checkpoint_failed',
    ]);
    expect((await events()).map(({ state }) => state)).toEqual(['handled', 'handled', 'handled']);
  });

  it('that ask for a recovery get one', async () => {
    const { orchestrator, spawn, pass } = await rig([automation], config());
    const agent = await spawn();
    await orchestrator
      .use(automation)
      .emitEvent({ type: 'recovery_required', agentId: agent.id, payload: { failure: 'ill' } });
    await pass(1_000);
    expect(await orchestrator.use(automation).recoveries()).toMatchObject([
      { agentId: agent.id, failure: 'ill', by: 'event' },
    ]);
  });

  it('that cannot be handled are tried three times more, after 1, 2 and 4 seconds', async () => {
    const { orchestrator, pass } = await rig([automation], config());
    const { emitEvent, events } = orchestrator.use(automation);
    await emitEvent({ type: 'recovery_required', agentId: 'nobody' });
    const seen: number[] = [];
    for (let second = 1; second <= 10; second++) {
      await pass(1_000);
      seen.push((await events())[0]?.attempts ?? 0);
    }
    expect(seen).toEqual([1, 2, 2, 3, 3, 3, 3, 4, 4, 4]);
    expect(await events()).toMatchObject([{ state: 'failed', outcome: 'there is no agent "nobody"' }]);
  });

  it('are bounded', async () => {
    const state = automationState.initial();
    const plugins = await load([{ ...automation, state: { version: 1, initial: () => state } }]);
    const { emitEvent, schedule } = plugins.use(automation);
    for (let i = 0; i < BOUNDS.eventsMax; i++) await emitEvent({ type: 'orchestration_started' });
    expect(await emitEvent({ type: 'orchestration_started' })).toEqual({ accepted: false, id: null });
    for (let i = 0; i < BOUNDS.scheduledMax; i++) await schedule({ operation: 'cleanup', atMs: 9e15 });
    expect(await schedule({ operation: 'cleanup', atMs: 9e15 })).toEqual({ accepted: false, id: null });
    expect(Object.fromEntries(state.limitsHit)).toEqual({ eventsMax: 1, scheduledMax: 1 });
    await plugins.close();
  });
});

describe('what is scheduled', () => {
  it('is done at its time, not before', async () => {
    const { orchestrator, spawn, pass, clock, agent } = await rig([automation], config());
    const { schedule, scheduled, cancelScheduled } = orchestrator.use(automation);
    const [a, b] = [await spawn(), await spawn()];
    await schedule({ operation: 'shutdown', agentId: a.id, atMs: clock.now() + 10_000 });
    const { id } = await schedule({ operation: 'shutdown', agentId: b.id, atMs: clock.now() + 10_000 });
    await schedule({ operation: 'recover', atMs: clock.now() - 5 });
    expect(await schedule({ operation: 'dance', atMs: 0 })).toEqual({ accepted: false, id: null });
    expect([await cancelScheduled({ id: id ?? '' }), await cancelScheduled({ id: id ?? '' })]).toEqual([true, false]);
    await pass(9_000);
    expect(agent(a).state).toBe('idle');
    await pass(1_000);
    expect([agent(a).state, agent(b).state]).toEqual(['stopped', 'idle']);
    expect((await scheduled()).map(({ operation, state, outcome }) => [operation, state, outcome])).toEqual([
      ['shutdown', 'done', 'it is stopped'],
      ['recover', 'failed', 'recover names its agent'],
    ]);
  });

  it('is any of the known operations', async () => {
    const { orchestrator, spawn, delegate, pass, clock, task } = await rig([automation], config());
    const { schedule, scheduled } = orchestrator.use(automation);
    const [a, b] = [await spawn(), await spawn()];
    const running = await delegate({ agentId: a.id });
    const atMs = clock.now();
    await schedule({ operation: 'reassign', agentId: a.id, atMs });
    await schedule({ operation: 'recover', agentId: a.id, atMs, facts: { severity: 1 } });
    await schedule({ operation: 'cleanup_failed', atMs });
    await schedule({ operation: 'cleanup', atMs });
    await pass(1_000);
    expect((await scheduled()).map(({ outcome }) => outcome)).toEqual([
      '1 moved, 0 stuck',
      'recovery-5: recovered',
      '0 agents',
      '0 records',
    ]);
    expect(task(running).agentId).toBe(b.id);
  });
});

describe('the state of the automation plugin', () => {
  it('survives a snapshot, a restore in place and a swap', async () => {
    const plugins = await load([automation]);
    await plugins.use(automation).emitEvent({ type: 'orchestration_started' });
    const snapshot = await plugins.snapshot();
    await plugins.use(automation).emitEvent({ type: 'orchestration_stopped' });
    await plugins.restore(snapshot);
    expect(await plugins.use(automation).events()).toHaveLength(1);
    await plugins.load({ ...automation, version: '1.0.1' });
    expect(await plugins.use(automation).events()).toMatchObject([{ type: 'orchestration_started' }]);
    await plugins.close();
  });
});
