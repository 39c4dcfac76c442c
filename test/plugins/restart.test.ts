import { describe, expect, it } from 'vitest';
import type { AnyPlugin, SavedState } from '../../src/contract/plugins.ts';
import { type KernelConfig, MemoryStore } from '../../src/kernel/index.ts';
import { PLUGINS } from '../../src/plugins/index.ts';
import { FakeClock } from '../kernel/support/fake-clock.ts';
import { endless, type PluginRig, rig } from './support/rig.ts';

const { automation, development, performance, production, security } = PLUGINS;

/** Two kernels over one store: the second begins after the first kept what its plugins know, and was killed. */
async function killedAfter(
  plugins: readonly AnyPlugin[],
  config: KernelConfig,
  before: (first: PluginRig) => Promise<void>,
): Promise<PluginRig> {
  const store = new MemoryStore();
  const first = await rig(plugins, { ...config, store });
  await before(first);
  await first.pass(10_000);
  return rig(plugins, { ...config, store, clock: new FakeClock(first.clock.now()) });
}

describe('after the kernel was killed', () => {
  it('production goes on with its alerts and backups, and takes over no downtime of the kernel that died', async () => {
    const config = { restartLimit: { restartsMax: 0 }, plugins: { production: { scaling: { enabled: false } } } };
    const { orchestrator } = await killedAfter([production], config, async ({ orchestrator, spawn, clock, settle }) => {
      const { evaluateAlerts, backup, alerts } = orchestrator.use(production);
      await evaluateAlerts({ values: { cpu_percent: 97 } });
      await spawn({ id: 'a1', deadlines: { heartbeatMs: 100 } });
      await backup();
      orchestrator.heartbeat('a1');
      await clock.advance(200);
      await settle();
      expect((await alerts()).map(({ id }) => id)).toContain('kernel:given_up:agent a1');
    });
    const { alerts, sections } = await orchestrator.getHealthStatus();
    expect(alerts).toMatchObject([
      { id: 'production:cpu_high', plugin: 'production' },
      { id: 'production:cpu_critical', plugin: 'production', severity: 'critical' },
    ]);
    const own = (await orchestrator.use(production).alerts()).map(({ id }) => id);
    expect(own.toSorted()).toEqual(alerts.map(({ id }) => id).toSorted());
    expect(sections.production).toMatchObject({ backups: 1 });
    const { state } = (await orchestrator.plugins.snapshot()).production as SavedState;
    expect(state).toMatchObject({ downSinceMs: null, downtimes: [{ fromMs: expect.any(Number) }] });
  });

  it('performance ends runs whose measuring died, goes on with monitors, and keeps its figures', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const stuck = { says: 'waits for the end of this test', once: () => promise };
    const config = { plugins: { performance: { benchmarks: { stuck } } } };
    const { orchestrator, pass } = await killedAfter(
      [performance],
      config,
      async ({ orchestrator, spawn, delegate }) => {
        await spawn();
        await orchestrator.completeTask((await delegate()).id);
        await orchestrator.plugins.observed();
        const { runBenchmarks, monitor } = orchestrator.use(performance);
        void runBenchmarks({ only: ['stuck'] }).catch(() => undefined);
        await monitor({ durationMs: 60_000, everyMs: 30_000 });
      },
    );
    const { taskSummary, runStatus } = orchestrator.use(performance);
    expect(await taskSummary({})).toMatchObject([{ type: 'work', completed: 1 }]);
    await pass(90_000);
    const { state } = (await orchestrator.plugins.snapshot()).performance as SavedState;
    const ids = [...(state as { runs: Map<string, unknown> }).runs.keys()];
    expect(await Promise.all(ids.map((id) => runStatus({ id })))).toMatchObject([
      { state: 'failed', passed: false, error: 'the process that measured it ended' },
      { state: 'completed', error: null },
    ]);
    resolve(undefined);
  });

  it('automation ends recoveries that were under way, and keeps work from where it failed', async () => {
    const config = {
      runtimes: { clerk: { kind: 'function' as const, run: endless } },
      plugins: { automation: { healing: { enabled: false } } },
    };
    const { orchestrator } = await killedAfter([automation], config, async ({ orchestrator, spawn }) => {
      const bad = await spawn({ id: 'bad', runtime: 'clerk', deadlines: { heartbeatMs: 'never' } });
      for (let i = 0; i < 5; i++)
        await orchestrator.use(automation).handleAgentFailure({ agentId: bad.id, error: { message: 'x' } });
      const saved = (await orchestrator.plugins.snapshot()).automation as SavedState;
      const recovery = {
        id: 'recovery-9',
        agentId: 'bad',
        failure: 'x',
        severity: 2,
        tier: 'assisted',
        state: 'under_way',
      };
      const facts = { by: 'caller', decidedBy: null, startedAtMs: 1, endedAtMs: null, steps: [] };
      (saved.state as { recoveries: unknown[] }).recoveries.push({ ...recovery, ...facts });
      await orchestrator.plugins.restore({ automation: saved });
    });
    const { recoveries, circuitStatus } = orchestrator.use(automation);
    expect(await recoveries()).toMatchObject([{ id: 'recovery-9', state: 'failed', endedAtMs: expect.any(Number) }]);
    expect(await circuitStatus()).toMatchObject({ 'agent:bad': { state: { kind: 'open' } } });
  });

  it('development knows its breakpoints, and no mock agent or demonstration that died', async () => {
    const { orchestrator } = await killedAfter([development], {}, async ({ orchestrator, settle }) => {
      const { setBreakpoint, mockAgent, startSandbox } = orchestrator.use(development);
      await setBreakpoint({ place: 'delegate', where: { type: 'build' } });
      await mockAgent({ role: 'worker' });
      await startSandbox({ sessionId: 's1', description: 'd' });
      await settle();
    });
    const { breakpoints, mockAgents, sandboxStatus } = orchestrator.use(development);
    expect(await breakpoints()).toMatchObject([{ place: 'delegate' }]);
    expect(await mockAgents()).toEqual([]);
    expect(await sandboxStatus({ sessionId: 's1' })).toMatchObject({ state: 'error', endedAtMs: expect.any(Number) });
  });

  it('security knows its keys, blocks and log', async () => {
    let key = '';
    const { orchestrator } = await killedAfter([security], {}, async ({ orchestrator }) => {
      const { issueKey, block } = orchestrator.use(security);
      key = (await issueKey({ principal: 'ci', by: 'root' })).key;
      await block({ kind: 'source', name: '10.0.0.1', reason: 'test', by: 'root' });
    });
    const { authenticate, verifyAudit } = orchestrator.use(security);
    expect(await authenticate({ token: key })).toMatchObject({ authenticated: true });
    expect(await verifyAudit()).toMatchObject({ intact: true });
    await expect(orchestrator.delegateTask({ type: 't', attributes: { source_ip: '10.0.0.1' } })).rejects.toMatchObject(
      { code: 'VETOED' },
    );
  });
});
