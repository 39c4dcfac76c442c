import { describe, expect, it } from 'vitest';
import { production } from '../../../src/plugins/production/plugin.ts';
import { security } from '../../../src/plugins/security/plugin.ts';
import { BOUNDS } from '../../../src/plugins/security/state.ts';
import { rig } from '../support/rig.ts';
import { witness } from './support.ts';

const HOUR_MS = 3_600_000;

describe('threats', () => {
  it('that callers report are kept without their secrets, told, and raise an alert when they are grave', async () => {
    const { plugin, heard } = witness();
    const { orchestrator, pass, settle } = await rig([security, plugin]);
    const { reportThreat, threats, subscribe, unsubscribe } = orchestrator.use(security);
    const told: string[] = [];
    const { id: listener } = await subscribe({
      to: 'threats',
      listener: (news) => void told.push((news as { id: string }).id),
    });
    const { id } = await reportThreat({
      type: 'data_access_violation',
      description: 'it read the token: Bearer abc',
      severity: 'critical',
      agentId: 'a1',
      details: { cookie: 'c', path: '/etc' },
    });
    await reportThreat({ type: 'odd', description: 'hm' });
    await settle();
    expect(await threats()).toMatchObject([
      { id, description: 'it read the token: [redacted]', detail: '{"cookie":"[redacted]","path":"/etc"}' },
      { type: 'odd', severity: 'medium', detail: null },
    ]);
    expect(told).toHaveLength(2);
    expect(heard).toEqual(['security_events 1', 'security:data_access_violation critical', 'security_events 1']);
    await pass(HOUR_MS - 60_000);
    expect(heard).toHaveLength(3);
    await pass(120_000);
    expect(heard[3]).toBe('security:data_access_violation resolved');
    expect(await unsubscribe({ id: listener })).toBe(true);
    expect(await unsubscribe({ id: listener })).toBe(false);
    await reportThreat({ type: 'odd', description: 'hm' });
    expect(told).toHaveLength(2);
    expect(await threats({ severity: 'critical' })).toHaveLength(1);
  });

  it('that come again within a minute are counted, not kept again', async () => {
    const { orchestrator, pass } = await rig([security]);
    const { reportThreat, threats } = orchestrator.use(security);
    for (let i = 0; i < 3; i++) await reportThreat({ type: 'odd', description: 'hm', principal: 'ann' });
    await reportThreat({ type: 'odd', description: 'hm', principal: 'bob' });
    await pass(60_000);
    await reportThreat({ type: 'odd', description: 'hm', principal: 'ann' });
    expect((await threats()).map(({ principal, count }) => `${principal} ${count}`)).toEqual([
      'ann 3',
      'bob 1',
      'ann 1',
    ]);
  });

  it('reach the rules of the production plugin', async () => {
    const { orchestrator, settle } = await rig([security, production], {
      plugins: { production: { scaling: { enabled: false } } },
    });
    for (let i = 0; i < 51; i++) await orchestrator.use(security).authenticate({ token: `wrong ${i}` });
    await settle();
    await orchestrator.use(production).evaluateAlerts();
    const rules = (await orchestrator.use(production).alerts()).map(({ rule, id }) => rule ?? id);
    expect(rules).toEqual(expect.arrayContaining(['auth_failed', 'security_events', 'security:auth_failures']));
  });

  it('never hold up the call, and a listener that keeps failing is dropped', async () => {
    const { orchestrator, settle } = await rig([security]);
    const { subscribe, unsubscribe, reportThreat } = orchestrator.use(security);
    let calls = 0;
    const heard: number[] = [];
    const { id } = await subscribe({
      to: 'threats',
      listener: () => {
        calls++;
        throw new Error('bug');
      },
    });
    const { id: other } = await subscribe({ to: 'compliance', listener: ({ atMs }) => void heard.push(atMs) });
    for (let i = 0; i < 7; i++) await reportThreat({ type: `t${i}`, description: 'x' });
    await settle();
    expect(calls).toBe(5);
    expect(await unsubscribe({ id })).toBe(false);
    await orchestrator.use(security).complianceReport({ framework: 'nist', fromMs: 0, toMs: 1 });
    expect([calls, heard.length]).toEqual([5, 1]);
    expect(await unsubscribe({ id: other })).toBe(true);
    for (let i = 0; i < BOUNDS.listenersMax; i++) await subscribe({ to: 'threats', listener: () => {} });
    await expect(subscribe({ to: 'threats', listener: () => {} })).rejects.toMatchObject({ code: 'OVERLOADED' });
  });
});

describe('an address', () => {
  const call = (from: Awaited<ReturnType<typeof rig>>, attributes: object) =>
    from.orchestrator.delegateTask({ type: 't', attributes: { ...attributes } });

  it('that too many threats come from is blocked for an hour', async () => {
    const from = await rig([security]);
    const attributes = { source_ip: '10.0.0.9' };
    for (let i = 0; i < 5; i++) {
      await expect(call(from, { ...attributes, authorization: 'wrong' })).rejects.toMatchObject({ code: 'VETOED' });
    }
    await call(from, { source_ip: '10.0.0.8' });
    await expect(call(from, attributes)).rejects.toMatchObject({
      reason: 'source:10.0.0.9 is blocked: 5 threats within an hour',
      retryAfterMs: HOUR_MS,
    });
    await from.pass(HOUR_MS);
    await call(from, attributes);
    expect(await from.orchestrator.use(security).metrics()).toMatchObject({ blocked: 0 });
  });

  it('or a principal is blocked and unblocked by people', async () => {
    const from = await rig([security]);
    const { block, unblock, auditLog } = from.orchestrator.use(security);
    await block({ kind: 'principal', name: 'ann', reason: 'she left', by: 'root' });
    await block({ kind: 'source', name: '::1', reason: 'test', by: 'root', forMs: 10 });
    await from.pass(HOUR_MS);
    await expect(call(from, { user_id: 'ann' })).rejects.toThrow('principal:ann is blocked: she left');
    await call(from, { source_ip: '::1' });
    expect(await unblock({ kind: 'principal', name: 'ann', by: 'root' })).toBe(true);
    expect(await unblock({ kind: 'principal', name: 'ann', by: 'root' })).toBe(false);
    await call(from, { user_id: 'ann' });
    expect(
      (await auditLog({ category: 'configuration_change' })).map(({ action, resource, by }) => [action, resource, by]),
    ).toEqual([
      ['block', 'principal:ann', 'root'],
      ['block', 'source:::1', 'root'],
      ['unblock', 'principal:ann', 'root'],
      ['unblock', 'principal:ann', 'root'],
    ]);
  });
});

describe('patterns', () => {
  it('of too many executions, or from too many addresses, are told once an hour', async () => {
    const { orchestrator, settle, pass } = await rig([security], {
      plugins: { security: { rates: { callerPerMinute: null }, threats: { executionsPerHourMax: 10 } } },
    });
    await orchestrator.spawnAgent({ role: 'worker' });
    const run = async (source_ip: string) => {
      const { id } = await orchestrator.delegateTask({ type: 't', attributes: { user_id: 'ann', source_ip } });
      await orchestrator.completeTask(id);
      await settle();
    };
    for (let i = 0; i < 10; i++) await run(`10.0.0.${i % 5}`);
    const { threats } = orchestrator.use(security);
    expect(await threats()).toEqual([]);
    await run('10.0.0.5');
    expect((await threats()).map(({ severity, description }) => `${severity}: ${description}`)).toEqual([
      'medium: more than 10 executions of ann within an hour',
      'high: ann called from 6 addresses within an hour',
    ]);
    await run('10.0.0.6');
    expect(await threats()).toHaveLength(2);
    await pass(HOUR_MS + 60_000);
    for (let i = 0; i < 11; i++) await run('10.0.0.1');
    expect((await threats()).slice(2).map(({ severity }) => severity)).toEqual(['medium']);
  });

  it('of refused credentials raise an alert that goes when they stop, and show in the health report', async () => {
    const { plugin, heard } = witness();
    const { orchestrator, pass } = await rig([security, plugin]);
    const section = async () => (await orchestrator.getHealthStatus()).sections.security;
    for (let i = 0; i < 10; i++) await orchestrator.use(security).authenticate({ token: 'wrong' });
    expect(await section()).toMatchObject({ state: 'healthy', lastHour: { authFailures: 10 } });
    await orchestrator.use(security).authenticate({ token: 'wrong' });
    expect(await section()).toMatchObject({
      state: 'warning',
      issues: ['11 credentials were refused within an hour'],
      auditHead: { sequence: 12 },
    });
    await pass(0);
    expect(heard.filter((line) => line.startsWith('security:'))).toEqual(['security:auth_failures warning']);
    await pass(2 * HOUR_MS + 120_000);
    expect(heard.at(-1)).toBe('security:auth_failures resolved');
    await orchestrator.use(security).reportThreat({ type: 'x', description: 'y', severity: 'high' });
    expect(await section()).toMatchObject({ state: 'critical', issues: ['x: y'] });
  });
});
