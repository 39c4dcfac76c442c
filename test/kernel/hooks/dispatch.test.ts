import { describe, expect, it } from 'vitest';
import { HOOKS, type HookEvents, type HookName } from '../../../src/contract/hooks.ts';
import { Vetoed } from '../../../src/kernel/hooks/index.ts';
import { agent, delegateEvent, load, plugin, spawnEvent, task } from './support.ts';

const delegate = (name: string, patch: (event: HookEvents['before_task_delegate']) => unknown, parts = {}) =>
  plugin(name, {
    hooks: { before_task_delegate: patch },
    writes: { before_task_delegate: { priority: 'max', attributes: 'merge' } },
    ...parts,
  });

describe('transforms', () => {
  it('run in order, each on what the one before left', async () => {
    const plugins = await load([
      delegate('b', (event) => ({ priority: event.priority * 2 })),
      delegate('a', (event) => ({ priority: event.priority + 1 })),
    ]);
    expect(plugins.begin().transform('before_task_delegate', delegateEvent({ priority: 10 }))).toHaveProperty(
      'priority',
      22,
    );
  });

  it('run in order also where some return promises, and the kernel gets a promise only then', async () => {
    const plugins = await load([
      delegate('a', (event) => ({ priority: event.priority + 1 })),
      delegate('b', async (event) => ({ priority: event.priority * 2 })),
      delegate('c', (event) => ({ priority: event.priority + 5 })),
      delegate('d', async () => undefined),
    ]);
    const pending = plugins.begin().transform('before_task_delegate', delegateEvent({ priority: 10 }));
    expect(pending).toBeInstanceOf(Promise);
    expect(await pending).toHaveProperty('priority', 27);
  });

  it('hand back the very event when no plugin has a say', async () => {
    const event = delegateEvent();
    expect((await load([])).begin().transform('before_task_delegate', event)).toBe(event);
    const silent = await load([delegate('a', () => undefined)]);
    expect(silent.begin().transform('before_task_delegate', event)).toBe(event);
  });

  it.each([
    ['a field that is not declared', { rehearsal: true, priority: 90 }, 'undeclared_write', 'field rehearsal'],
    ['a field that the event does not have', { nothing: 1 }, 'undeclared_write', 'field nothing'],
    [
      'a value of the wrong shape',
      { priority: '90', attributes: { a: 1 } },
      'bad_value',
      'field priority takes: integer',
    ],
    ['no record', 'priority', 'bad_value', 'a patch is a record, this is string'],
    ['a list', [1], 'bad_value', 'a patch is a record, this is object'],
  ])('are refused as a whole and counted when the patch holds %s', async (_, patch, kind, message) => {
    const plugins = await load([delegate('a', () => patch)]);
    const event = delegateEvent();
    expect(plugins.begin().transform('before_task_delegate', event)).toBe(event);
    expect(plugins.findings()).toMatchObject([{ plugin: 'a', place: 'before_task_delegate', kind, message }]);
    expect(plugins.report()[0]).toMatchObject({ calls: 1, errors: 1 });
  });

  it('see frozen events and hand over frozen copies', async () => {
    const own = { deep: { list: [1] } };
    const tries: string[] = [];
    const breakIn = (event: HookEvents['before_task_delegate']) => {
      const attempts = [
        () => Object.assign(event, { priority: 99 }),
        () => Object.assign(event.attributes, { tenant: 'other' }),
        () => (event.capabilities as string[]).push('root'),
      ];
      for (const attempt of attempts) {
        try {
          attempt();
        } catch (error) {
          tries.push((error as Error).name);
        }
      }
      return { attributes: own };
    };
    const plugins = await load([delegate('a', breakIn)]);
    const event = await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(tries).toEqual(['TypeError', 'TypeError', 'TypeError']);
    expect(event.attributes).toEqual({ tenant: 't1', deep: { list: [1] } });
    own.deep.list.push(2);
    expect(event.attributes).toEqual({ tenant: 't1', deep: { list: [1] } });
    expect(Object.isFrozen(own.deep)).toBe(false);
  });

  it('leave live values such as buffers usable', async () => {
    const plugins = await load([delegate('a', () => undefined)]);
    const input = { bytes: Buffer.from('x') };
    plugins.begin().transform('before_task_delegate', delegateEvent({ input }));
    expect(Object.isFrozen(input)).toBe(true);
    input.bytes[0] = 0x79;
    expect(input.bytes.toString()).toBe('y');
  });
});

describe('guards', () => {
  const guard = (name: string, answer: () => unknown, parts = {}) =>
    plugin(name, { hooks: { allow_agent_spawn: answer }, ...parts });

  it('allow by returning nothing', async () => {
    const plugins = await load([guard('a', () => undefined), guard('b', async () => undefined)]);
    expect(await plugins.begin().guard('allow_agent_spawn', spawnEvent())).toBeUndefined();
  });

  it('veto with a reason that names them, and those after them are not asked', async () => {
    const asked: string[] = [];
    const plugins = await load([
      guard('a', () => void asked.push('a')),
      guard('b', () => ({ veto: 'too many', retryAfterMs: 500 })),
      guard('c', () => void asked.push('c')),
    ]);
    expect(() => plugins.begin().guard('allow_agent_spawn', spawnEvent())).toThrow(
      expect.objectContaining({
        code: 'VETOED',
        status: 403,
        message: 'allow_agent_spawn: plugin b refused: too many',
        plugin: 'b',
        reason: 'too many',
        retryAfterMs: 500,
      }),
    );
    expect(asked).toEqual(['a']);
    expect(plugins.report()[1]).toMatchObject({ name: 'b', vetoes: 1, errors: 0 });
  });

  it('that are slow are waited for together, and the first in order is the one that is told', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const plugins = await load([
      guard('a', () => promise),
      guard('b', async () => ({ veto: 'quick' })),
      guard('c', () => {
        resolve({ veto: 'slow' });
        return { veto: 'sync' };
      }),
    ]);
    const verdict = plugins.begin().guard('allow_agent_spawn', spawnEvent());
    await expect(verdict).rejects.toThrow('plugin a refused: slow');
  });

  it('that answer something else have no say, and it is counted', async () => {
    const plugins = await load([guard('a', () => false)]);
    plugins.begin().guard('allow_agent_spawn', spawnEvent());
    expect(plugins.findings()).toMatchObject([{ plugin: 'a', kind: 'bad_answer' }]);
  });
});

describe('decisions', () => {
  const choose = (name: string, answer: () => unknown) => plugin(name, { hooks: { choose_agent: answer } });
  const event = { task: task(), candidates: [agent({ id: 'a1' }), agent({ id: 'a2' })] };

  it('are the first answer in order', async () => {
    const plugins = await load([choose('a', () => undefined), choose('b', () => 'a2'), choose('c', () => 'a1')]);
    expect(plugins.begin().decide('choose_agent', event)).toBe('a2');
    expect(plugins.report().map(({ calls }) => calls)).toEqual([1, 1, 0]);
  });

  it('may be promises', async () => {
    const plugins = await load([choose('a', async () => undefined), choose('b', async () => 'a1')]);
    expect(await plugins.begin().decide('choose_agent', event)).toBe('a1');
  });

  it('are passed over when they may not be taken', async () => {
    const plugins = await load([choose('a', () => 'stranger'), choose('b', () => 'a2')]);
    expect(plugins.begin().decide('choose_agent', event)).toBe('a2');
    expect(plugins.findings()).toMatchObject([{ kind: 'bad_answer', message: 'stranger may not be chosen' }]);
  });

  it('are left to the kernel when nobody answers', async () => {
    expect((await load([choose('a', () => undefined)])).begin().decide('choose_agent', event)).toBeUndefined();
  });
});

describe('a plugin that fails', () => {
  const broken = () => {
    throw new Error('broken');
  };

  it('does not fail the call, and is counted', async () => {
    const plugins = await load([delegate('a', broken), delegate('b', () => ({ priority: 70 }))]);
    expect(plugins.begin().transform('before_task_delegate', delegateEvent())).toHaveProperty('priority', 70);
    expect(plugins.findings()).toMatchObject([{ plugin: 'a', kind: 'threw', message: 'broken' }]);
  });

  it('does not fail the call by rejecting, or by throwing what cannot be shown', async () => {
    const plugins = await load([
      delegate('a', () => Promise.reject(new Error('rejected'))),
      delegate('b', () => {
        throw Object.create(null);
      }),
    ]);
    await plugins.begin().transform('before_task_delegate', delegateEvent());
    expect(plugins.findings().map(({ message }) => message)).toEqual([
      'rejected',
      'something that cannot be shown was thrown',
    ]);
  });

  const event = { task: task(), candidates: [agent()] };
  const CLOSED = {
    before_task_delegate: (plugins) => plugins.transform('before_task_delegate', delegateEvent()),
    allow_agent_spawn: (plugins) => plugins.guard('allow_agent_spawn', spawnEvent()),
    choose_agent: (plugins) => plugins.decide('choose_agent', event),
  } as const satisfies Partial<
    Record<HookName, (operation: ReturnType<Awaited<ReturnType<typeof load>>['begin']>) => unknown>
  >;

  it.each(Object.entries(CLOSED))("vetoes %s when it is declared onError: 'closed'", async (hook, dispatch) => {
    for (const fail of [broken, async () => broken(), () => ({ wrong: 1 })]) {
      const plugins = await load([plugin('p', { hooks: { [hook]: fail }, onError: { [hook]: 'closed' } })]);
      await expect((async () => dispatch(plugins.begin()))()).rejects.toThrow(Vetoed);
      expect(plugins.report()[0]).toMatchObject({ errors: 1, vetoes: 1 });
    }
  });
});

describe('the hook table', () => {
  it('registers a plugin for the hooks that it implements and for no other', async () => {
    const plugins = await load([plugin('p', { hooks: { on_agent_spawned: () => {}, allow_agent_spawn: () => {} } })]);
    const listened = (Object.keys(HOOKS) as HookName[]).filter((hook) => plugins.listens(hook));
    expect(listened.toSorted()).toEqual(['allow_agent_spawn', 'on_agent_spawned']);
  });
});
