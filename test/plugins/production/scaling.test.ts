import { describe, expect, it } from 'vitest';
import type { Agent } from '../../../src/contract/agents.ts';
import { productionConfig } from '../../../src/plugins/production/config.ts';
import { production } from '../../../src/plugins/production/plugin.ts';
import { decideScaling, pressureOf } from '../../../src/plugins/production/scaling.ts';
import type { ScalingDecision } from '../../../src/plugins/production/shapes.ts';
import { rig } from '../support/rig.ts';

const { scaling } = productionConfig.parse({});
const fleet = (parts: Partial<Parameters<typeof pressureOf>[0]>) => ({
  agents_live: 10,
  agents_busy: 0,
  agents_failed: 0,
  places: 10,
  places_taken: 0,
  queued: 0,
  ...parts,
});
const decide = (parts: Parameters<typeof fleet>[0], rest: Partial<Parameters<typeof decideScaling>[0]> = {}) => {
  const { action, count } = decideScaling({
    fleet: fleet(parts),
    scaling,
    isStarved: false,
    last: null,
    nowMs: 0,
    ...rest,
  });
  return `${action} ${count}`;
};

describe('a scaling decision', () => {
  it('has the pressure of taken places and waiting tasks over all places', () => {
    expect(pressureOf(fleet({ places_taken: 3, queued: 2 }))).toBe(0.5);
    expect(pressureOf(fleet({ places_taken: 10, queued: 90 }))).toBe(1);
    expect([pressureOf(fleet({ places: 0 })), pressureOf(fleet({ places: 0, queued: 1 }))]).toEqual([0, 1]);
  });

  it('adds max(1, floor(3 x pressure)) agents above 0.7, and takes one away below 0.2', () => {
    expect(decide({ places_taken: 7 })).toBe('maintain 0');
    expect(decide({ places_taken: 8 })).toBe('scale_up 2');
    expect(decide({ places_taken: 10 })).toBe('scale_up 3');
    expect(decide({ places_taken: 2 })).toBe('maintain 0');
    expect(decide({ places_taken: 1 })).toBe('scale_down 1');
  });

  it('stays between 1 and 20 agents', () => {
    expect(decide({ agents_live: 19, places: 19, places_taken: 19 })).toBe('scale_up 1');
    expect(decide({ agents_live: 20, places: 20, places_taken: 20 })).toBe('maintain 0');
    expect(decide({ agents_live: 1, places: 1 })).toBe('maintain 0');
    expect(decide({ agents_live: 0, places: 0 })).toBe('scale_up 1');
  });

  it('is an emergency when the queue floods or tasks wait that nobody can run', () => {
    expect(decide({ places_taken: 10, queued: 49 })).toBe('scale_up 3');
    expect(decide({ places_taken: 10, queued: 50 })).toBe('emergency_scale 3');
    expect(decide({ queued: 1 }, { isStarved: true })).toBe('emergency_scale 1');
  });

  it('waits five minutes after the last one, an emergency half a minute', () => {
    const last = { action: 'scale_up', atMs: 0 } as ScalingDecision;
    expect(decide({ places_taken: 10 }, { last, nowMs: 299_999 })).toBe('maintain 0');
    expect(decide({ places_taken: 10 }, { last, nowMs: 300_000 })).toBe('scale_up 3');
    expect(decide({ queued: 50 }, { last, nowMs: 29_999 })).toBe('maintain 0');
    expect(decide({ queued: 50 }, { last, nowMs: 30_000 })).toBe('emergency_scale 3');
  });
});

const template = { role: 'worker', capabilities: ['build'] };
const withTemplate = (parts = {}) => ({ plugins: { production: { scaling: { templates: [template], ...parts } } } });

describe('scaling a kernel', () => {
  it('only recommends where nobody was given to do it', async () => {
    const { orchestrator } = await rig([production]);
    const decision = await orchestrator.use(production).evaluateScaling();
    expect(decision).toMatchObject({ action: 'scale_up', count: 1, applied: { kind: 'recommended' } });
    expect(orchestrator.listAgents()).toEqual([]);
  });

  it('spawns by its template at every sample while pressure is high, and not within the cooldown', async () => {
    const { orchestrator, pass } = await rig([production], withTemplate());
    await pass(30_000);
    expect(orchestrator.listAgents().map(({ role, capabilities }) => [role, capabilities])).toEqual([
      ['worker', ['build']],
    ]);
    await orchestrator.delegateTask({ type: 'build' });
    await pass(270_000);
    expect(orchestrator.listAgents()).toHaveLength(1);
    await pass(30_000);
    expect(orchestrator.listAgents()).toHaveLength(4);
    expect(await orchestrator.use(production).scalingDecisions()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          reason: 'pressure 1 is above 0.7',
          applied: expect.objectContaining({ kind: 'done' }),
        }),
      ]),
    );
  });

  it('takes away only idle agents that it brought', async () => {
    const { orchestrator, pass } = await rig([production], withTemplate({ agentsMin: 0 }));
    const mine = await orchestrator.spawnAgent({ role: 'mine' });
    const task = await orchestrator.delegateTask({ type: 'x', agentId: mine.id });
    const up = await orchestrator.use(production).evaluateScaling();
    expect(up).toMatchObject({ action: 'scale_up', count: 3, applied: { kind: 'done' } });
    await orchestrator.completeTask(task.id);
    await pass(300_000);
    await pass(900_000);
    expect(orchestrator.listAgents().map((agent: Agent) => agent.id)).toEqual([mine.id]);
    const last = (await orchestrator.use(production).scalingDecisions()).findLast(
      ({ action }) => action === 'scale_down',
    );
    expect(last?.applied).toMatchObject({ kind: 'failed', message: 'no agent that scaling brought is idle' });
  });

  it('leaves an agent that it brought alone while that works', async () => {
    const { orchestrator, pass } = await rig([production], withTemplate({ agentsMin: 0 }));
    const mine = await orchestrator.spawnAgent({ role: 'mine', tasksMax: 20 });
    const blocking = [];
    for (let i = 0; i < 20; i++) blocking.push(await orchestrator.delegateTask({ type: 'x', role: 'mine' }));
    const up = await orchestrator.use(production).evaluateScaling();
    const brought = up.applied.kind === 'done' ? up.applied.agentIds : [];
    expect(brought).toHaveLength(3);
    for (const agentId of brought) await orchestrator.delegateTask({ type: 'x', agentId });
    for (const { id } of blocking) await orchestrator.completeTask(id);
    await pass(300_000);
    await pass(300_000);
    expect(orchestrator.listAgents().map(({ id }) => id)).toEqual([mine.id, ...brought]);
  });

  it('follows tasks that nobody can run at once, with the template that has what they need', async () => {
    const templates = [template, { role: 'expert', capabilities: ['law', 'build'] }];
    const { orchestrator, settle } = await rig([production], withTemplate({ templates }));
    await orchestrator.spawnAgent({ role: 'worker' });
    const task = await orchestrator.delegateTask({ type: 'x', capabilities: ['law'] });
    await settle();
    expect(orchestrator.listAgents().map(({ role }) => role)).toEqual(['worker', 'expert']);
    expect(orchestrator.getTask(task.id)?.state).toBe('running');
  });

  it('follows a flood of tasks at once', async () => {
    const { orchestrator, settle } = await rig([production], withTemplate());
    await orchestrator.spawnAgent({ role: 'worker' });
    for (let i = 0; i < 6; i++) await orchestrator.delegateTask({ type: 'x' });
    await settle();
    expect(orchestrator.listAgents()).toHaveLength(4);
    expect(orchestrator.listTasks({ states: ['running'] })).toHaveLength(4);
  });

  it('can be switched off, and says so', async () => {
    const { orchestrator, pass } = await rig([production], withTemplate());
    await orchestrator.use(production).setAutoScaling({ enabled: false });
    await pass(60_000);
    expect(orchestrator.listAgents()).toEqual([]);
    expect(await orchestrator.use(production).evaluateScaling()).toMatchObject({
      action: 'scale_up',
      applied: { kind: 'nothing' },
    });
    const { sections } = await orchestrator.getHealthStatus();
    expect(sections.production).toMatchObject({ scaling: { enabled: false } });
  });

  it('asks a scaler instead of spawning, and keeps its failure', async () => {
    const asked: string[] = [];
    const scaler = {
      up: async (count: number) => {
        asked.push(`up ${count}`);
        throw new Error('no machine left');
      },
      down: async () => [],
    };
    const { orchestrator } = await rig([production], { plugins: { production: { scaling: { scaler } } } });
    const decision = await orchestrator.use(production).evaluateScaling();
    expect([asked, decision.applied]).toEqual([['up 1'], { kind: 'failed', agentIds: [], message: 'no machine left' }]);
  });

  it('makes one change at a time', async () => {
    const started = Promise.withResolvers<readonly string[]>();
    const scaler = { up: () => started.promise, down: async () => [] };
    const parts = { scaling: { scaler, cooldownMs: 0, emergencyCooldownMs: 0 } };
    const { orchestrator, settle } = await rig([production], { plugins: { production: parts } });
    const first = orchestrator.use(production).evaluateScaling();
    await settle();
    const second = await orchestrator.use(production).evaluateScaling();
    expect(second.applied).toEqual({ kind: 'recommended', why: 'another change is under way' });
    started.resolve(['machine-7']);
    expect((await first).applied).toEqual({ kind: 'done', agentIds: ['machine-7'] });
  });

  it('does not count rehearsals', async () => {
    const { orchestrator } = await rig([production]);
    await orchestrator.spawnAgent({ role: 'worker', rehearsal: true });
    expect(await orchestrator.use(production).metrics()).toMatchObject({ values: { agents_live: 0, places: 0 } });
  });
});
