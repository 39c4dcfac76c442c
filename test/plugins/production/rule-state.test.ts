import { describe, expect, it } from 'vitest';
import { nextState, QUIET, type RuleEvent, type RuleState } from '../../../src/plugins/production/rule-state.ts';
import { type AlertRule, alertRule, DEFAULT_RULES } from '../../../src/plugins/production/rules.ts';

const rule = (parts: Partial<AlertRule> = {}) =>
  alertRule.parse({
    id: 'hot',
    metric: 'heat',
    breach: 'above',
    threshold: 80,
    clearAt: 70,
    severity: 'medium',
    ...parts,
  });

/** Looks once a minute; gives what happened at each look. */
function looks(rule: AlertRule, values: readonly (number | null)[]): { events: RuleEvent[]; state: RuleState } {
  let state = QUIET;
  const events = values.map((value, minute) => {
    const move = nextState(rule, state, value, minute * 60_000);
    state = move.state;
    return move.event;
  });
  return { events, state };
}

describe('an alert rule', () => {
  it('raises once, however long it stays breached', () => {
    expect(looks(rule(), [80, 81, 99, 85]).events).toEqual([null, 'raised', null, null]);
  });

  it('resolves only on the good side of clearAt, so that a value that flutters does not flap', () => {
    expect(looks(rule(), [81, 79, 71, 81, 70]).events).toEqual(['raised', null, null, null, 'resolved']);
  });

  it('is not raised again within its cooldown, counted from the raise', () => {
    const { events, state } = looks(rule({ cooldownMs: 240_000 }), [90, 60, 90, 90, 90]);
    expect(events).toEqual(['raised', 'resolved', null, null, 'raised']);
    expect(state.kind).toBe('standing');
    expect(looks(rule({ cooldownMs: 60_000 }), [90, 90, 60, 90]).events).toEqual([
      'raised',
      null,
      'resolved',
      'raised',
    ]);
  });

  it('waits for a breach to last', () => {
    const { events } = looks(rule({ forMs: 120_000 }), [90, 90, 60, 90, 90, 90]);
    expect(events).toEqual([null, null, null, null, null, 'raised']);
  });

  it('becomes one degree worse when nobody acknowledges it, again and again', () => {
    const { events, state } = looks(rule({ escalateAfterMs: 120_000 }), [90, 90, 90, 90, 90, 90, 90]);
    expect(events).toEqual(['raised', null, 'escalated', null, 'escalated', null, null]);
    expect(state).toMatchObject({ alert: { severity: 'critical', raisedAtMs: 0, escalatedAtMs: 240_000 } });
  });

  it('does not escalate once acknowledged', () => {
    const { state } = nextState(rule(), QUIET, 90, 0);
    if (state.kind !== 'standing') throw new Error('it was not raised');
    const acknowledged: RuleState = {
      kind: 'standing',
      alert: { ...state.alert, acknowledged: { by: 'kim', atMs: 1 } },
    };
    expect(nextState(rule(), acknowledged, 90, 10_000_000).event).toBeNull();
  });

  it('takes a value that was not measured for neither good nor bad', () => {
    expect(looks(rule(), [null, 90, null, 60]).events).toEqual([null, 'raised', null, 'resolved']);
    expect(looks(rule({ forMs: 60_000 }), [90, null, 90, 90]).events).toEqual([null, null, null, 'raised']);
  });

  it('may look below', () => {
    const agents = rule({ breach: 'below', threshold: 1, clearAt: 2 });
    expect(looks(agents, [1, 0, 1, 2]).events).toEqual([null, 'raised', null, 'resolved']);
  });

  it('refuses a clearAt on the bad side', () => {
    expect(() => rule({ clearAt: 90 })).toThrow(/clearAt|good side/);
    expect(() => rule({ breach: 'below', clearAt: 70 })).toThrow(/good side/);
  });
});

describe('the default rules', () => {
  it('are the fourteen of production orchestrators', () => {
    expect(DEFAULT_RULES.map(({ metric, breach, threshold }) => `${metric} ${breach} ${threshold}`)).toEqual([
      'cpu_percent above 80',
      'cpu_percent above 95',
      'memory_percent above 85',
      'memory_percent above 95',
      'response_p95_ms above 2000',
      'error_percent above 5',
      'error_percent above 10',
      'db_pool_percent above 80',
      'slow_query_ms above 500',
      'failed_tasks_per_hour above 10',
      'agents_live below 1',
      'failed_auth above 50',
      'security_events above 20',
      'availability_percent below 99',
    ]);
    const minutes = (ms: number) => ms / 60_000;
    for (const { cooldownMs, escalateAfterMs } of DEFAULT_RULES) {
      expect([minutes(cooldownMs), minutes(escalateAfterMs)]).toEqual([10, 30]);
    }
  });
});
