import { describe, expect, it } from 'vitest';
import type { MergeRule } from '../../../src/contract/plugins.ts';
import { delegateEvent, failureOf, load, plugin } from './support.ts';

const writer = (name: string, field: string, rule: MergeRule, value?: unknown, parts = {}) =>
  plugin(name, {
    hooks: { before_task_delegate: () => ({ [field]: value }) },
    writes: { before_task_delegate: { [field]: rule } },
    ...parts,
  });

describe('two plugins that write one field', () => {
  it.each([
    ['exclusive', 'exclusive', 'exclusive', 'exclusive'],
    ['exclusive', 'min', 'exclusive', 'min'],
    ['min', 'max', 'min', 'max'],
    [{ priority: 3 }, { priority: 3 }, 'priority 3', 'priority 3'],
    [{ priority: 3 }, 'max', 'priority 3', 'max'],
  ] as const)(
    'are refused at load, both named, when their rules are %j and %j',
    async (one, other, saysOne, saysOther) => {
      expect(await failureOf(() => load([writer('a', 'priority', one), writer('b', 'priority', other)]))).toEqual({
        code: 'PLUGIN_CONFLICT',
        message: `a (${saysOne}) and b (${saysOther}) both write before_task_delegate.priority`,
      });
    },
  );

  it('are refused together with every other conflict', async () => {
    const both = { agentId: 'exclusive', rehearsal: 'exclusive' } as const;
    const parts = { hooks: { before_task_delegate: () => {} }, writes: { before_task_delegate: both } };
    const { message } = await failureOf(() => load([plugin('a', parts), plugin('b', parts)]));
    expect(message).toBe(
      'a (exclusive) and b (exclusive) both write before_task_delegate.agentId; ' +
        'a (exclusive) and b (exclusive) both write before_task_delegate.rehearsal',
    );
  });

  it('get along on different fields and on different hooks', async () => {
    const spawn = plugin('c', {
      hooks: { before_agent_spawn: () => {} },
      writes: { before_agent_spawn: { attributes: 'exclusive' } },
    });
    await load([writer('a', 'priority', 'exclusive'), writer('b', 'attributes', 'exclusive'), spawn]);
  });
});

describe('the merge rules', () => {
  it.each([
    ['min', 'priority', [70, 30, 60], 30],
    ['min', 'priority', [70, 80], 50],
    ['max', 'priority', [40, 70, 60], 70],
    ['min', 'runMs', [2_000, 500], 500],
    ['max', 'runMs', ['never', 500], 'never'],
    ['min', 'runMs', ['never', 'never'], 1_000],
    ['union', 'capabilities', [['y'], ['x', 'z']], ['x', 'y', 'z']],
    ['merge', 'attributes', [{ user: 'u' }, { trace: 't' }], { tenant: 't1', user: 'u', trace: 't' }],
  ] as const)('%s over %s takes the caller value and all patches in', async (rule, field, values, expected) => {
    const plugins = await load(values.map((value, i) => writer(`p${i}`, field, rule, value)));
    const event = await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(event[field]).toEqual(expected);
  });

  it.each(['pre', 'post'] as const)('priority lets the larger number win when it runs %s', async (order) => {
    const plugins = await load([
      writer('strong', 'agentId', { priority: 9 }, 'strong', { order }),
      writer('weak', 'agentId', { priority: 1 }, 'weak'),
    ]);
    expect(plugins.begin().transform('before_task_delegate', delegateEvent())).toHaveProperty('agentId', 'strong');
  });

  it('merge counts a key that two plugins write, names both, and keeps the later', async () => {
    const plugins = await load([
      writer('a', 'attributes', 'merge', { trace: 'a', x: 1 }),
      writer('b', 'attributes', 'merge', { trace: 'b', y: 2 }),
    ]);
    const event = await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(event.attributes).toEqual({ tenant: 't1', trace: 'b', x: 1, y: 2 });
    expect(plugins.findings()).toMatchObject([
      { plugin: 'b', kind: 'key_conflict', message: 'attributes.trace was written by a; the later stands' },
    ]);
  });

  it('merge leaves a key like __proto__ a key', async () => {
    const plugins = await load([writer('a', 'attributes', 'merge', JSON.parse('{"__proto__": {"isAdmin": true}}'))]);
    const { attributes } = await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(attributes.isAdmin).toBeUndefined();
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype);
  });
});
