import { describe, expect, it } from 'vitest';
import { security } from '../../../src/plugins/security/plugin.ts';
import { BOUNDS, securityState } from '../../../src/plugins/security/state.ts';
import { load, task } from '../../kernel/hooks/support.ts';
import { rig } from '../support/rig.ts';

describe('the state of the security plugin', () => {
  it('survives a snapshot and a restore: blocks, keys, roles, rates and the chain', async () => {
    const config = { plugins: { security: { rates: { callerPerMinute: 1 } } } };
    const { orchestrator } = await rig([security], config);
    const { issueKey, authenticate, block, unblock, verifyAudit, revokeKey, metrics } = orchestrator.use(security);
    const { key, id } = await issueKey({ principal: 'ci', by: 'root' });
    await block({ kind: 'source', name: 'x', reason: 'test', by: 'root' });
    await orchestrator.delegateTask({ type: 't', attributes: { user_id: 'ann' } });
    const snapshot = await orchestrator.plugins.snapshot();
    const { head } = await verifyAudit();
    await revokeKey({ id, by: 'root' });
    await unblock({ kind: 'source', name: 'x', by: 'root' });
    await orchestrator.plugins.restore(snapshot);
    expect(await authenticate({ token: key })).toMatchObject({ authenticated: true });
    expect(await metrics()).toMatchObject({ blocked: 1 });
    expect(await verifyAudit({ noted: head })).toMatchObject({ intact: true, head: { sequence: head.sequence + 1 } });
    await expect(orchestrator.delegateTask({ type: 't', attributes: { user_id: 'ann' } })).rejects.toThrow(
      'more often',
    );
  });

  it('goes on in the next version of the plugin', async () => {
    const { orchestrator } = await rig([security]);
    const { key } = await orchestrator.use(security).issueKey({ principal: 'ci', by: 'root' });
    await orchestrator.loadPlugin({ ...security, version: '1.0.1' });
    expect(await orchestrator.use(security).authenticate({ token: key })).toMatchObject({ authenticated: true });
    expect((await orchestrator.getHealthStatus()).plugins).toMatchObject([{ version: '1.0.1' }]);
  });

  it('stays within its bounds, and counts what it drops', async () => {
    const state = securityState.initial();
    const plugin = { ...security, state: { ...securityState, initial: () => state } };
    const { orchestrator, settle } = await rig([plugin]);
    const { block, reportThreat, setRoles } = orchestrator.use(plugin);
    for (let i = 0; i < BOUNDS.blockedMax + 2; i++) {
      await block({ kind: 'source', name: `b${i}`, reason: '', by: 'root' });
      await setRoles({ principal: `p${i}`, roles: ['r'], by: 'root' });
    }
    for (let i = 0; i < BOUNDS.eventsMax + 2; i++) await reportThreat({ type: `t${i}`, description: 'x' });
    await settle();
    expect([state.blocked.size, state.grants.size, state.events.length]).toEqual([
      BOUNDS.blockedMax,
      BOUNDS.grantsMax,
      BOUNDS.eventsMax,
    ]);
    expect(Object.fromEntries(state.limitsHit)).toMatchObject({ blockedMax: 2, grantsMax: 2, eventsMax: 2 });
    expect(state.audit.entries.length).toBeLessThanOrEqual(BOUNDS.auditMax);
  });

  it('forgets callers who have gone quiet', async () => {
    const state = securityState.initial();
    const plugin = { ...security, state: { ...securityState, initial: () => state } };
    const { orchestrator, pass } = await rig([plugin]);
    await orchestrator.spawnAgent({ role: 'worker' });
    const { id } = await orchestrator.delegateTask({ type: 't', attributes: { user_id: 'ann', source_ip: 'x' } });
    await orchestrator.completeTask(id);
    await pass(60_000);
    expect([state.buckets.size, state.activity.size]).toEqual([0, 1]);
    await pass(3 * 3_600_000);
    expect(state.activity.size).toBe(0);
  });

  it('does not trust what a task of an earlier process says about its caller', async () => {
    const plugins = await load([security]);
    const attributes = { security: { principal: 'root', mac: 'x', key: 'y' } };
    plugins.observe('on_task_completed', { task: task({ attributes }), result: null, runMs: 1 });
    await plugins.observed();
    expect(await plugins.use(security).auditLog()).toMatchObject([{ principal: null }]);
    await plugins.close();
  });
});
