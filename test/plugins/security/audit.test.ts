import { describe, expect, it } from 'vitest';
import { security } from '../../../src/plugins/security/plugin.ts';
import type { AuditEntry } from '../../../src/plugins/security/shapes.ts';
import { BOUNDS, type SecurityState, securityState } from '../../../src/plugins/security/state.ts';
import { agent, load, task } from '../../kernel/hooks/support.ts';
import { rig } from '../support/rig.ts';

/** The plugin over a state that the test can reach into, as somebody with its memory could. */
function reachable() {
  const state = securityState.initial();
  return { state, plugin: { ...security, state: { ...securityState, initial: () => state } } };
}

describe('the audit log', () => {
  it('says what happened to agents and tasks, who asked for it and from where', async () => {
    const { orchestrator, settle } = await rig([security]);
    const attributes = { user_id: 'ann', source_ip: '10.0.0.1' };
    const { id: agentId } = await orchestrator.spawnAgent({ role: 'worker', attributes });
    const [done, failed, cancelled] = [
      await orchestrator.delegateTask({ id: 'a', type: 'build', attributes }),
      await orchestrator.delegateTask({ id: 'b', type: 'build', retry: { attemptsMax: 2, pauseMs: 0 } }),
      await orchestrator.delegateTask({ id: 'c', type: 'build' }),
    ];
    await orchestrator.completeTask(done.id);
    await orchestrator.failTask(failed.id, { message: 'no', retryable: true });
    await orchestrator.cancelTask(cancelled.id, 'enough');
    await orchestrator.cancelTask(failed.id, 'enough');
    await orchestrator.shutdownAgent(agentId);
    await settle();
    const entries = await orchestrator.use(security).auditLog();
    const rows = entries.map(({ action, success, principal, source, taskId, error }) =>
      [action, success, principal, source, taskId, error].join(' '),
    );
    expect(rows).toEqual([
      'spawn_agent true ann 10.0.0.1  ',
      'execute_task true ann 10.0.0.1 a ',
      'cancel_task false   c enough',
      'cancel_task false   b enough',
      'stop_agent true ann 10.0.0.1  ',
    ]);
    expect(entries[1]).toMatchObject({ resource: 'task/build', agentId, durationMs: 0, id: 'audit-2' });
  });

  it('has failures of agents and of last attempts', async () => {
    const plugins = await load([security]);
    const error = { code: 'x', message: 'it broke with Bearer abc.def', retryable: true };
    plugins.observe('on_agent_failure', { agent: agent(), error });
    plugins.observe('on_task_failed', { task: task(), error, attempt: 1, willRetry: true });
    plugins.observe('on_task_failed', { task: task(), error, attempt: 2, willRetry: false });
    await plugins.observed();
    expect(await plugins.use(security).auditLog()).toMatchObject([
      { action: 'agent_failure', success: false, agentId: 'a1', error: 'it broke with [redacted]' },
      { action: 'execute_task', success: false, taskId: 't1' },
    ]);
    await plugins.close();
  });

  it('leaves out ends of tasks that nobody wants to know of', async () => {
    const named = task({ attributes: {} });
    for (const [auditTasks, entries] of [
      ['all', 1],
      ['named', 0],
      ['none', 0],
    ] as const) {
      const plugins = await load([security], { configs: { security: { auditTasks } } });
      plugins.observe('on_task_completed', { task: named, result: null, runMs: 1 });
      await plugins.observed();
      expect(await plugins.use(security).auditLog()).toHaveLength(entries);
      await plugins.close();
    }
  });

  it('takes what callers record, without its secrets, by the words of the action', async () => {
    const { orchestrator } = await rig([security]);
    const { audit, auditLog } = orchestrator.use(security);
    const request = { password: 'hunter2', deep: { apiKey: 'k', note: 'use Bearer abc please', list: [1, 'x'] } };
    await audit({ action: 'read_file', agentId: 'a1', resource: 'f', request, durationMs: 5 });
    for (const action of ['authorize_write', 'login', 'escalate', 'set_role', 'reconfigure', 'delete_file', 'ponder']) {
      await audit({ action, success: false, error: 'the key bk_0123456789012345678901234567890123456789012 failed' });
    }
    const [first, ...rest] = await auditLog();
    expect(JSON.parse(first?.detail ?? '')).toEqual({
      request: {
        password: '[redacted]',
        deep: { apiKey: '[redacted]', note: 'use [redacted] please', list: [1, 'x'] },
      },
    });
    expect(rest.map(({ category }) => category)).toEqual([
      'authorization',
      'authentication',
      'privilege_escalation',
      'user_management',
      'configuration_change',
      'data_modification',
      'data_access',
    ]);
    expect(rest[0]?.error).toBe('the key [redacted] failed');
    expect(await auditLog({ success: true })).toHaveLength(1);
    expect(await auditLog({ limit: 2 })).toMatchObject([{ action: 'delete_file' }, { action: 'ponder' }]);
  });

  it('shows any change that is made to it afterwards', async () => {
    const changes: Record<string, (entries: AuditEntry[]) => void> = {
      'it was changed after it was written': (entries) => {
        (entries[2] as { principal: string }).principal = 'bob';
      },
      'an entry is missing, or another stands in its place': (entries) => entries.splice(2, 1),
      'it does not follow from the entry before it': (entries) => {
        entries[2] = { ...(entries[2] as AuditEntry), previous: '0'.repeat(64) };
      },
    };
    for (const [problem, change] of Object.entries(changes)) {
      const { state, plugin } = reachable();
      const plugins = await load([plugin]);
      const { audit, verifyAudit } = plugins.use(plugin);
      for (let i = 0; i < 5; i++) await audit({ action: `read ${i}`, principal: 'ann' });
      expect(await verifyAudit()).toMatchObject({ intact: true, problem: null, checked: 5, head: { sequence: 5 } });
      change(state.audit.entries);
      expect(await verifyAudit()).toMatchObject({ intact: false, problem, sequence: 3, checked: 2 });
      await plugins.close();
    }
  });

  it('that was rewritten as a whole no longer holds the link that was noted elsewhere', async () => {
    const real = reachable();
    const forged = reachable();
    const [one, other] = [await load([real.plugin]), await load([forged.plugin])];
    for (let i = 0; i < 5; i++) await one.use(real.plugin).audit({ action: 'read', principal: 'ann' });
    const { head } = await one.use(real.plugin).verifyAudit();
    await one.use(real.plugin).audit({ action: 'read' });
    expect(await one.use(real.plugin).verifyAudit({ noted: head })).toMatchObject({ intact: true });
    for (let i = 0; i < 9; i++) await other.use(forged.plugin).audit({ action: 'read', principal: 'bob' });
    expect(await other.use(forged.plugin).verifyAudit()).toMatchObject({ intact: true });
    expect(await other.use(forged.plugin).verifyAudit({ noted: head })).toMatchObject({
      intact: false,
      sequence: 5,
      problem: 'the link that was noted is not in the chain: the log was rewritten',
    });
    await Promise.all([one.close(), other.close()]);
  });

  it('drops the oldest when it is full, and the chain holds on', async () => {
    const { state, plugin } = reachable();
    const plugins = await load([plugin]);
    for (let i = 0; i < BOUNDS.auditMax + 1; i++) {
      plugins.observe('on_agent_stopped', { agent: agent({ id: `a${i}` }), reason: '' });
      if (i % 5_000 === 0) await plugins.observed();
    }
    await plugins.observed();
    expect(state.audit.entries.length).toBe(BOUNDS.auditMax + 1 - 256);
    expect(state.audit.anchor.sequence).toBe(256);
    expect(await plugins.use(plugin).verifyAudit()).toMatchObject({
      intact: true,
      head: { sequence: BOUNDS.auditMax + 1 },
    });
    expect(await plugins.use(plugin).verifyAudit({ noted: { sequence: 3, hash: 'long gone' } })).toMatchObject({
      intact: true,
    });
    expect((await plugins.use(plugin).metrics()).limitsHit).toEqual({ auditMax: 256 });
    (state as { audit: SecurityState['audit'] }).audit.anchor = { sequence: 256, hash: 'x' };
    expect(await plugins.use(plugin).verifyAudit()).toMatchObject({ intact: false, sequence: 257 });
    await plugins.close();
  });
});

describe('a compliance report', () => {
  const period = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

  it('says which rules the log meets, and which entries fall short', async () => {
    const { orchestrator } = await rig([security]);
    const { audit, complianceReport, metrics } = orchestrator.use(security);
    await audit({ action: 'login', principal: 'ann', source: '10.0.0.1' });
    await audit({ action: 'login', principal: 'ann' });
    await audit({ action: 'set_role', principal: 'ann', resource: 'roles', by: 'root' });
    const report = await complianceReport({ framework: 'soc2', ...period });
    expect(report.rules.map(({ rule, entries, compliant, score }) => [rule, entries, compliant, score])).toEqual([
      ['CC6.1', 2, 1, 50],
      ['CC6.2', 1, 1, 100],
      ['CC6.3', 0, 0, null],
    ]);
    expect(report).toMatchObject({ score: 75, covered: true, intact: true, violationsLeftOut: 0 });
    expect(report.violations).toEqual([{ rule: 'CC6.1', auditId: 'audit-2', missing: ['source'] }]);
    expect(report.recommendations).toHaveLength(2);
    expect(await metrics()).toMatchObject({ complianceReports: 1 });
  });

  it('looks at the time asked for, and says when the log no longer holds it', async () => {
    const { state, plugin } = reachable();
    const { orchestrator, pass } = await rig([plugin]);
    const { audit, complianceReport } = orchestrator.use(plugin);
    await audit({ action: 'login' });
    const startMs = state.audit.entries[0]?.atMs ?? 0;
    await pass(1_000);
    await audit({ action: 'login', principal: 'ann' });
    const late = await complianceReport({ framework: 'iso27001', fromMs: startMs + 1, toMs: startMs + 5_000 });
    expect(late.rules[0]).toMatchObject({ rule: 'A.12.4.1', entries: 1, score: 100 });
    const [gone] = state.audit.entries.splice(0, 1);
    state.audit.anchor = { sequence: 1, hash: gone?.hash ?? '' };
    const early = await complianceReport({ framework: 'iso27001', fromMs: startMs, toMs: startMs + 5_000 });
    expect(early).toMatchObject({ covered: false, intact: true });
    state.audit.anchor = { sequence: 1, hash: 'x' };
    expect(await complianceReport({ framework: 'nist', ...period })).toMatchObject({ intact: false });
  });

  it('lists at most as many violations as there is room for', async () => {
    const plugins = await load([security]);
    for (let i = 0; i < BOUNDS.violationsMax; i++) await plugins.use(security).audit({ action: 'login' });
    const report = await plugins.use(security).complianceReport({ framework: 'nist', ...period });
    expect([report.violations.length, report.violationsLeftOut]).toEqual([BOUNDS.violationsMax, BOUNDS.violationsMax]);
    await expect(
      plugins.use(security).complianceReport({ framework: 'hipaa' as never, ...period }),
    ).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await plugins.close();
  });
});
