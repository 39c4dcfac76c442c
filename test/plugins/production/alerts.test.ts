import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../src/contract/hooks.ts';
import { definePlugin } from '../../../src/contract/plugins.ts';
import { productionConfig } from '../../../src/plugins/production/config.ts';
import { production } from '../../../src/plugins/production/plugin.ts';
import { load } from '../../kernel/hooks/support.ts';
import { rig } from '../support/rig.ts';

/** Hears alerts, reports a metric and raises alerts of its own. */
function listener() {
  const heard: string[] = [];
  const plugin = definePlugin({
    name: 'listener',
    version: '1.0.0',
    says: 'hears alerts',
    hooks: {
      on_alert_raised: ({ id, severity }: Alert) => void heard.push(`${id} ${severity}`),
      on_alert_resolved: ({ id }) => void heard.push(`${id} resolved`),
      on_message_sent({ topic }, { emit, now }) {
        const [kind = '', name = '', value = ''] = topic.split('/');
        const atMs = now();
        if (kind === 'metric')
          emit('on_performance_metric', { name, value: Number(value), unit: '', agentId: null, taskId: null, atMs });
        if (kind === 'alert') emit('on_alert_raised', { id: name, severity: 'critical', message: 'help', atMs });
        if (kind === 'resolve') emit('on_alert_resolved', { id: name, atMs });
      },
    },
  });
  return { heard, plugin };
}

const quiet = () => ({ cpuPercent: 5, memoryPercent: 50 });
const config = (parts = {}) => ({ plugins: { production: { probe: quiet, scaling: { enabled: false }, ...parts } } });

describe('the alerts of a kernel', () => {
  it('come from the probe, are told to others once, and are resolved', async () => {
    const { heard, plugin } = listener();
    let cpuPercent = 97;
    const probe = () => ({ cpuPercent, memoryPercent: 50 });
    const { orchestrator, pass } = await rig([production, plugin], config({ probe }));
    await orchestrator.spawnAgent({ role: 'worker' });
    await pass(60_000);
    await pass(60_000);
    expect(heard).toEqual(['production:cpu_high warning', 'production:cpu_critical critical']);
    const [worst] = await orchestrator.use(production).alerts();
    expect(worst).toMatchObject({ id: 'production:cpu_critical', severity: 'critical', value: 97, acknowledged: null });
    expect(worst?.message).toBe('the processor is all but saturated: cpu_percent is 97, above 95');
    cpuPercent = 82;
    await pass(60_000);
    expect(heard.slice(2)).toEqual(['production:cpu_critical resolved']);
    expect((await orchestrator.use(production).pastAlerts()).map(({ rule }) => rule)).toEqual(['cpu_critical']);
  });

  it('tell that there is no agent', async () => {
    const { orchestrator, pass } = await rig([production], config());
    await pass(60_000);
    expect(await orchestrator.use(production).health()).toEqual({
      state: 'critical',
      reasons: ['there is no agent: agents_live is 0, below 1'],
    });
    await orchestrator.spawnAgent({ role: 'worker' });
    await pass(60_000);
    expect(await orchestrator.use(production).health()).toEqual({ state: 'healthy', reasons: [] });
  });

  it('judge failing attempts, but not on a handful', async () => {
    const { orchestrator, pass } = await rig([production], config());
    await orchestrator.spawnAgent({ role: 'worker' });
    const end = async (ok: boolean) => {
      const task = await orchestrator.delegateTask({ type: 'x' });
      await (ok ? orchestrator.completeTask(task.id) : orchestrator.failTask(task.id, { message: 'no' }));
    };
    await end(false);
    await pass(60_000);
    expect(await orchestrator.use(production).alerts()).toEqual([]);
    for (let i = 0; i < 19; i++) await end(i > 0);
    await pass(60_000);
    const { values } = await orchestrator.use(production).metrics();
    expect(values).toMatchObject({ error_percent: 10, completion_percent: 90, failed_tasks_per_hour: 2 });
    expect((await orchestrator.use(production).alerts()).map(({ rule }) => rule)).toEqual([
      'errors_high',
      'sla:error_rate',
      'sla:completion_rate',
    ]);
    await pass(3_600_000);
    expect((await orchestrator.use(production).metrics()).values).toMatchObject({ failed_tasks_per_hour: 0 });
  });

  it('watch metrics that other plugins report, over a rule of ones own', async () => {
    const { plugin } = listener();
    const { orchestrator, pass } = await rig([production, plugin], config());
    await orchestrator.spawnAgent({ role: 'worker' });
    await orchestrator.use(production).addAlertRule({
      id: 'backlog',
      metric: 'letters',
      breach: 'above',
      threshold: 10,
      severity: 'low',
      aggregate: 'sum',
    });
    const report = (text: string) => orchestrator.bus.publish({ name: `metric/${text}` }, null);
    report('letters/4');
    report('letters/7');
    report('slow_query_ms/501');
    report('slow_query_ms/3');
    report('db_pool_percent/99');
    report('db_pool_percent/80');
    await pass(60_000);
    expect((await orchestrator.use(production).alerts()).map(({ rule, value }) => `${rule} ${value}`)).toEqual([
      'query_slow 501',
      'backlog 11',
    ]);
  });

  it('of the kernel and other plugins stand beside its own', async () => {
    const { plugin } = listener();
    const { orchestrator, settle } = await rig([production, plugin], config());
    orchestrator.bus.publish({ name: 'alert/listener:fire' }, null);
    orchestrator.bus.publish({ name: 'alert/production:forged' }, null);
    const use = orchestrator.use(production);
    await settle();
    expect(await use.alerts()).toMatchObject([{ id: 'listener:fire', rule: null, severity: 'critical' }]);
    expect(await use.acknowledgeAlert({ id: 'listener:fire', by: 'kim' })).toBe(true);
    expect(await use.alerts({ unacknowledgedOnly: true })).toEqual([]);
    orchestrator.bus.publish({ name: 'resolve/listener:fire' }, null);
    await settle();
    expect([await use.alerts(), (await use.pastAlerts()).map(({ id }) => id)]).toEqual([[], ['listener:fire']]);
  });

  it('escalate after half an hour unless somebody acknowledges them', async () => {
    const { heard, plugin } = listener();
    const probe = () => ({ cpuPercent: 85, memoryPercent: 50 });
    const { orchestrator, pass } = await rig([production, plugin], config({ probe }));
    await orchestrator.spawnAgent({ role: 'worker' });
    await pass(31 * 60_000);
    expect(heard).toEqual(['production:cpu_high warning', 'production:cpu_high warning']);
    expect(await orchestrator.use(production).alerts({ severity: 'high' })).toHaveLength(1);
    expect(await orchestrator.use(production).acknowledgeAlert({ id: 'production:cpu_high', by: 'kim' })).toBe(true);
    expect(await orchestrator.use(production).acknowledgeAlert({ id: 'production:nothing', by: 'kim' })).toBe(false);
    await pass(60 * 60_000);
    expect(heard).toHaveLength(2);
  });

  it('are judged on values that a caller gives', async () => {
    const { orchestrator } = await rig([production], config());
    const evaluate = orchestrator.use(production).evaluateAlerts;
    expect(await evaluate({ values: { memory_percent: 90 } })).toEqual({
      raised: ['production:memory_high'],
      resolved: [],
      escalated: [],
      standing: 1,
    });
    expect(await evaluate({ values: { memory_percent: 80 } })).toMatchObject({ resolved: ['production:memory_high'] });
  });

  it('tell what lies far above its usual', async () => {
    const probe = () => ({ cpuPercent: cpu, memoryPercent: 50 });
    let cpu = 10;
    const anomalies = { metrics: ['cpu_percent'] };
    const { orchestrator, pass } = await rig([production], config({ probe, anomalies }));
    await orchestrator.spawnAgent({ role: 'worker' });
    for (let i = 0; i < 40; i++) {
      cpu = 10 + (i % 3);
      await pass(30_000);
    }
    expect(await orchestrator.use(production).alerts()).toEqual([]);
    cpu = 30;
    await pass(60_000);
    expect(await orchestrator.use(production).alerts()).toMatchObject([
      { rule: 'anomaly:cpu_percent', severity: 'low' },
    ]);
    await pass(25 * 60_000);
    expect(await orchestrator.use(production).alerts()).toEqual([]);
  });

  it('whose rule was taken out of the config are resolved', async () => {
    const plugins = await load([production], {
      configs: { production: { scaling: { enabled: false } } },
      kernel: { listAgents: async () => [], listTasks: async () => [] } as never,
    });
    const evaluate = plugins.use(production).evaluateAlerts;
    expect(await evaluate({ values: { cpu_percent: 85 } })).toMatchObject({ standing: 1 });
    await plugins.configure('production', { rules: [] });
    expect(await evaluate({ values: { cpu_percent: 85 } })).toMatchObject({
      resolved: ['production:cpu_high'],
      standing: 0,
    });
    await plugins.close();
  });
});

describe('SLA targets', () => {
  it('are the real ones by default', () => {
    expect(productionConfig.parse({}).sla).toMatchObject({
      availabilityPercentMin: 99.9,
      responseP95MsMax: 1_000,
      errorPercentMax: 1,
      completionPercentMin: 95,
    });
  });

  it('are neither met nor missed before anything was measured', async () => {
    const { orchestrator, pass } = await rig([production], config());
    await pass(1_000);
    const status = await orchestrator.use(production).slaStatus();
    expect(status.targets.map(({ name, met }) => [name, met])).toEqual([
      ['availability', true],
      ['response_p95', null],
      ['error_rate', null],
      ['completion_rate', null],
    ]);
  });

  it('count the time in which the kernel was unhealthy', async () => {
    const { orchestrator, pass, clock } = await rig([production], config());
    await pass(1_000_000);
    const agent = await orchestrator.spawnAgent({
      role: 'worker',
      restart: 'temporary',
      deadlines: { heartbeatMs: 1_000 },
    });
    orchestrator.heartbeat(agent.id);
    await pass(1_000);
    expect((await orchestrator.getHealthStatus()).state).toBe('unhealthy');
    await pass(9_000);
    await orchestrator.shutdownAgent(agent.id, { graceful: false });
    // Down no more; what stands are this plugin's own alerts.
    const { state, reasons } = await orchestrator.getHealthStatus();
    expect([state, reasons.every((reason) => reason.startsWith('production: '))]).toEqual(['degraded', true]);
    await pass(0);
    const status = await orchestrator.use(production).slaStatus();
    expect(status).toMatchObject({ met: false, atMs: clock.now() });
    expect(status.targets[0]?.actual).toBeCloseTo(100 * (1 - 9_000 / 1_010_000), 2);
    expect(status.downtimeLeftMs).toBeCloseTo(3_600 - 9_000, 0);
    expect((await orchestrator.use(production).metrics()).values).toMatchObject({ agent_failures_per_hour: 1 });
    // The window has moved on: only the last four of the nine seconds lie in it.
    await pass(3_600_000 - 4_000);
    expect((await orchestrator.use(production).slaStatus()).downtimeLeftMs).toBeCloseTo(3_600 - 4_000, 0);
  });

  it('count refused spawns and slow answers as metrics', async () => {
    const { plugin } = listener();
    const { orchestrator, settle } = await rig([production, plugin], { agentsMax: 1, ...config() });
    await orchestrator.spawnAgent({ role: 'worker' });
    await expect(orchestrator.spawnAgent({ role: 'worker' })).rejects.toMatchObject({ code: 'AT_CAPACITY' });
    for (let i = 0; i < 20; i++) orchestrator.bus.publish({ name: 'metric/delegate_ms/1200' }, null);
    await settle();
    const { values } = await orchestrator.use(production).metrics();
    expect(values).toMatchObject({ refused_spawns_per_hour: 1 });
    expect(values.response_p95_ms).toBeCloseTo(1_200, -2);
    expect((await orchestrator.use(production).slaStatus()).met).toBe(false);
  });
});
