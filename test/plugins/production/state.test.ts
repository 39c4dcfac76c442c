import { describe, expect, it } from 'vitest';
import { production } from '../../../src/plugins/production/plugin.ts';
import { BOUNDS, productionState } from '../../../src/plugins/production/state.ts';
import { load, task } from '../../kernel/hooks/support.ts';
import { rig } from '../support/rig.ts';

const kernel = { listAgents: async () => [], listTasks: async () => [] } as never;

describe('the state of the production plugin', () => {
  it('survives a snapshot and a restore in place', async () => {
    const plugins = await load([production], { kernel });
    await plugins.use(production).evaluateAlerts({ values: { cpu_percent: 97 } });
    const snapshot = await plugins.snapshot();
    await plugins.use(production).evaluateAlerts({ values: { cpu_percent: 5 } });
    expect(await plugins.use(production).alerts()).toEqual([]);
    await plugins.restore(snapshot);
    expect((await plugins.use(production).alerts()).map(({ rule }) => rule)).toEqual(['cpu_critical', 'cpu_high']);
    await plugins.close();
  });

  it('goes on in the next version of the plugin', async () => {
    const { orchestrator } = await rig([production], { plugins: { production: { scaling: { enabled: false } } } });
    await orchestrator.use(production).evaluateAlerts({ values: { cpu_percent: 97 } });
    await orchestrator.loadPlugin({ ...production, version: '1.0.1' });
    expect(await orchestrator.use(production).alerts()).toHaveLength(2);
    expect((await orchestrator.getHealthStatus()).plugins).toMatchObject([{ version: '1.0.1' }]);
  });

  it('stays within its bounds, and counts what it drops', async () => {
    let state = productionState.initial();
    const plugins = await load([{ ...production, state: { version: 1, initial: () => state } }], { kernel });
    const atMs = 0;
    for (let i = 0; i < BOUNDS.reportedMax + 5; i++) {
      plugins.observe('on_performance_metric', {
        name: `m${i}`,
        value: i,
        unit: '',
        agentId: null,
        taskId: null,
        atMs,
      });
    }
    for (let i = 0; i < BOUNDS.foreignAlertsMax + 5; i++) {
      plugins.observe('on_alert_raised', { id: `kernel:${i}`, severity: 'info', message: '', atMs });
    }
    await plugins.observed();
    expect([state.reported.size, state.foreignAlerts.size]).toEqual([BOUNDS.reportedMax, BOUNDS.foreignAlertsMax]);
    expect(Object.fromEntries(state.limitsHit)).toEqual({ reportedMax: 5, foreignAlertsMax: 5 });
    for (let i = 0; i < BOUNDS.foreignAlertsMax + 5; i++)
      plugins.observe('on_alert_resolved', { id: `kernel:${i}`, atMs });
    for (let i = 0; i < 2 * BOUNDS.pastAlertsMax; i++) {
      plugins.observe('on_alert_raised', { id: 'kernel:x', severity: 'info', message: '', atMs });
      plugins.observe('on_alert_resolved', { id: 'kernel:x', atMs });
    }
    await plugins.observed();
    expect([state.foreignAlerts.size, state.pastAlerts.length]).toEqual([0, BOUNDS.pastAlertsMax]);
    await plugins.close();
    state = productionState.initial();
  });

  it('counts rehearsals only when told to', async () => {
    const done = { task: task({ rehearsal: true }), result: null, runMs: 5 };
    const error = { code: 'task_error', message: '', retryable: true };
    const failed = { task: task({ rehearsal: true }), error, attempt: 1, willRetry: false };
    for (const [countsRehearsals, hourly] of [
      [false, [0, 0]],
      [true, [1, 1]],
    ] as const) {
      const plugins = await load([production], { kernel, configs: { production: { countsRehearsals } } });
      plugins.observe('on_task_completed', done);
      plugins.observe('on_task_failed', failed);
      await plugins.observed();
      const { values } = await plugins.use(production).metrics();
      expect([values.completed_tasks_per_hour, values.failed_tasks_per_hour]).toEqual(hourly);
      await plugins.close();
    }
  });
});
