import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { failureOf, load, plugin } from './support.ts';

const complaint = async (...definitions: Parameters<typeof load>[0]) => {
  const { code, message } = await failureOf(() => load(definitions));
  expect(code).toBe('PLUGIN_INVALID');
  return message;
};

describe('a definition is refused at load, with all that is wrong,', () => {
  it('for a name or version of the wrong form', async () => {
    expect(await complaint(plugin('Not_Kebab', { version: 'two' }))).toBe(
      'plugin Not_Kebab: name must be kebab-case; version must be like 1.2.3, not two',
    );
  });

  it('for a hook that does not exist, also one that every object has', async () => {
    const hooks = { on_nothing: () => {}, constructor: () => {}, on_agent_spawned: 3 as never };
    expect(await complaint(plugin('p', { hooks }))).toBe(
      'plugin p: there is no hook on_nothing; there is no hook constructor; hooks.on_agent_spawned must be a function',
    );
  });

  it('for writes that no hook of it makes, or that the hook does not let be written', async () => {
    const writes = {
      before_agent_spawn: { role: 'exclusive' },
      before_task_delegate: { taskId: 'exclusive', runMs: 'union', priority: 'sum' },
      allow_task_delegate: { runMs: 'min' },
    };
    expect(await complaint(plugin('p', { hooks: { before_task_delegate: () => {} }, writes: writes as never }))).toBe(
      'plugin p: writes.before_agent_spawn: it does not implement that hook; ' +
        'writes.before_task_delegate.taskId: the hook lets input, priority, capabilities, agentId, preferredRole, rehearsal, runMs, attributes be written; ' +
        'writes.before_task_delegate.runMs: union does not fit a field of shape deadline; ' +
        'writes.before_task_delegate.priority: a merge rule is exclusive, { priority }, min, max, union or merge; ' +
        'writes.allow_task_delegate: only transform hooks write',
    );
  });

  it('for an order, onError or budget that makes no sense', async () => {
    const parts = {
      hooks: { on_agent_spawned: () => {} },
      order: 'first' as never,
      after: ['p'],
      onError: { on_agent_spawned: 'closed', allow_agent_spawn: 'closed' } as const,
      budgets: { callMs: { on_agent_spawned: 0 }, loopShareMax: 2 },
    };
    expect(await complaint(plugin('p', parts))).toBe(
      'plugin p: it names itself in its order; order must be pre, normal or post, not first; ' +
        'onError.on_agent_spawned: an observer cannot veto; onError.allow_agent_spawn: it does not implement that hook; ' +
        'budgets.loopShareMax must be above 0 and at most 1; budgets.callMs.on_agent_spawned must be positive',
    );
  });

  it('for capabilities that nothing serves, and the other way round', async () => {
    const capabilities = { alerts: { says: '', input: z.undefined(), output: z.number() } };
    expect(await complaint(plugin('p', { capabilities, serve: { alarms: () => 1 } }))).toBe(
      'plugin p: capability alerts has no serve.alerts; serve.alarms is not declared as a capability',
    );
  });

  it('for a config that does not fit, naming the setting', async () => {
    const config = z.object({ limit: z.number().default(3) });
    const failure = await failureOf(() => load([plugin('p', { config })], { configs: { p: { limit: 'many' } } }));
    expect(failure.code).toBe('PLUGIN_INVALID');
    expect(failure.message).toMatch(/^config of plugin p: limit: .*number/);
  });

  it('for settings given to a plugin that takes none', async () => {
    const failure = await failureOf(() => load([plugin('p')], { configs: { p: { limit: 3 } } }));
    expect(failure.message).toBe('plugin p takes no config, but was given limit');
  });

  it('when its name is taken', async () => {
    expect(await complaint(plugin('p'), plugin('p'))).toBe('two plugins are named p');
  });
});
