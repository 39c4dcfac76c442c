import { describe, expect, it } from 'vitest';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import { performance } from '../../../src/plugins/performance/plugin.ts';
import { production } from '../../../src/plugins/production/plugin.ts';
import { security } from '../../../src/plugins/security/plugin.ts';
import { REDACTED } from '../../../src/plugins/security/secrets.ts';
import { failureOf } from '../../kernel/hooks/support.ts';
import { endless, rig } from '../support/rig.ts';
import { jwt, jwtConfig, SECRET, witness } from './support.ts';

const config = (parts = {}) => ({ plugins: { security: { jwt: jwtConfig, ...parts } } });
const vetoOf = async (work: () => Promise<unknown>) => {
  const { code, message } = await failureOf(work);
  expect(code).toBe('VETOED');
  return message.replace(/^.*?refused: /, '');
};

describe('security stands before the others', () => {
  it('in whatever order they are given', async () => {
    const { plugin: context } = witness('context');
    for (const plugins of [
      [performance, context, production, security],
      [security, context, performance, production],
    ] as AnyPlugin[][]) {
      const { orchestrator } = await rig(plugins);
      const order = orchestrator.plugins.explainOrder();
      expect(order.map(({ plugin }) => plugin)).toEqual(['security', 'context', 'production', 'performance']);
      expect(order[1]?.why.join()).toContain('security');
    }
  });

  it('so nobody after it sees a credential, and no record keeps one', async () => {
    const { plugin, seen } = witness();
    const { orchestrator, task } = await rig([plugin, security], config());
    const authorization = `Bearer ${jwt()}`;
    await orchestrator.spawnAgent({ role: 'worker', attributes: { authorization, desk: 1 } });
    const { id } = await orchestrator.delegateTask({ type: 't', attributes: { authorization, user_id: 'ann' } });
    expect(seen).toMatchObject([
      { authorization: REDACTED, desk: 1, security: { principal: 'ann', method: 'jwt' } },
      { authorization: REDACTED, user_id: 'ann', security: { principal: 'ann', method: 'jwt' } },
    ]);
    expect(task({ id }).attributes).toEqual(seen[1]);
    await orchestrator.completeTask(id);
    const everything = JSON.stringify([
      [...inspect(await orchestrator.plugins.snapshot())],
      orchestrator.listAgents(),
      orchestrator.listTasks(),
    ]);
    expect(everything).toContain('"ann"');
    for (const secret of [jwt(), SECRET]) expect(everything).not.toContain(secret);
  });

  it('and what it vetoes reaches no record, no agent and no later guard', async () => {
    const reached: string[] = [];
    const later = {
      ...witness('context').plugin,
      hooks: { allow_task_delegate: () => void reached.push('guard') },
    } as AnyPlugin;
    const { orchestrator } = await rig([later, security], config({ authentication: 'required' }));
    const message = await vetoOf(() => orchestrator.delegateTask({ type: 't' }));
    expect(message).toBe('it brings no credential in its attribute "authorization"');
    expect(orchestrator.listTasks()).toEqual([]);
    expect(reached).toEqual([]);
    await orchestrator.delegateTask({ type: 't', attributes: { authorization: jwt() } });
    expect(reached).toEqual(['guard']);
  });

  it('and lets nobody in when it is broken', async () => {
    for (const hook of ['before_task_delegate', 'allow_task_delegate'] as const) {
      const broken = {
        ...security,
        hooks: {
          ...security.hooks,
          [hook]: () => {
            throw new Error('bug');
          },
        },
      } as AnyPlugin;
      const { orchestrator } = await rig([broken]);
      expect(await vetoOf(() => orchestrator.delegateTask({ type: 't' }))).toContain("onError: 'closed'");
    }
  });
});

describe('a call', () => {
  it('without a name or an address is left as it is', async () => {
    const { orchestrator, task } = await rig([security]);
    await orchestrator.spawnAgent({ role: 'worker' });
    for (let i = 0; i < 200; i++) await orchestrator.delegateTask({ type: 't', id: `t${i}` });
    expect(task({ id: 't199' }).attributes).toEqual({});
  });

  it('with a wrong credential is vetoed, also where none is needed', async () => {
    const { orchestrator } = await rig([security], config());
    const tokens = {
      'its signature is wrong': jwt({}, {}, 'another secret of thirty-two bytes or so'),
      'it has expired': jwt({ exp: 1 }),
      'it is not known': 'bk_nonsense',
      'it is empty': 'Bearer ',
    };
    for (const [error, authorization] of Object.entries(tokens)) {
      const message = await vetoOf(() => orchestrator.spawnAgent({ role: 'worker', attributes: { authorization } }));
      expect(message).toBe(`its credential was refused: ${error}`);
    }
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 't', attributes: { authorization: 7 } }))).toContain(
      'it is not known',
    );
    expect(await orchestrator.use(security).metrics()).toMatchObject({ authenticationFailures: 5, blockedRequests: 5 });
  });

  it('in the name of somebody else is vetoed', async () => {
    const { orchestrator, settle } = await rig([security], config());
    const attributes = { authorization: jwt(), user_id: 'bob' };
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 't', attributes }))).toBe(
      'it calls in the name of somebody else',
    );
    await settle();
    expect(await orchestrator.use(security).threats()).toMatchObject([
      {
        type: 'privilege_escalation',
        severity: 'high',
        principal: 'ann',
        description: 'ann called in the name of bob',
      },
    ]);
  });

  it('with a stamp that was not written here is vetoed', async () => {
    const { orchestrator, task } = await rig([security], config({ authentication: 'required' }));
    const forged = { principal: 'root', roles: ['admin'], method: 'jwt', source: null, refused: null };
    const real = await orchestrator.delegateTask({ type: 't', attributes: { authorization: jwt() } });
    const copied = task(real).attributes.security as object;
    const stamps = [forged, 'root', { ...copied, principal: 'root' }, { ...copied, atMs: 9e15 }];
    for (const stamp of stamps) {
      expect(await vetoOf(() => orchestrator.delegateTask({ type: 't', attributes: { security: stamp } }))).toBe(
        'its attribute "security" was not written here',
      );
    }
    const onAgent = () => orchestrator.spawnAgent({ role: 'worker', attributes: { security: copied } });
    expect(await vetoOf(onAgent)).toContain('was not written here');
  });

  it('whose stamp another plugin overwrites is vetoed', async () => {
    const meddler: AnyPlugin = {
      name: 'meddler',
      version: '1.0.0',
      says: 'writes where it should not',
      writes: { before_task_delegate: { attributes: 'merge' } },
      hooks: { before_task_delegate: () => ({ attributes: { security: { principal: 'root', roles: ['admin'] } } }) },
    };
    const { orchestrator } = await rig([meddler, security]);
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 't' }))).toBe(
      'its attribute "security" was overwritten',
    );
  });

  it('that repeats an earlier one is taken at the word of its stamp, for a while', async () => {
    const runtimes = { clerk: { kind: 'function' as const, run: endless } };
    const { orchestrator, pass } = await rig([security, production], {
      runtimes,
      plugins: {
        security: { jwt: jwtConfig, authentication: 'required' },
        production: { scaling: { enabled: false } },
      },
    });
    const attributes = { authorization: jwt() };
    const first = await orchestrator.spawnAgent({ role: 'worker', runtime: 'clerk', attributes });
    const { state } = await orchestrator.use(production).failover({ agentId: first.id });
    expect(state).toBe('done');
    const [standIn] = orchestrator.listAgents();
    expect(standIn?.attributes).toMatchObject({ security: { principal: 'ann' } });
    await pass(24 * 3_600_000 + 1);
    const late = await orchestrator.use(production).failover({ agentId: standIn?.id ?? '' });
    expect(late.state).toBe('failed');
    expect(JSON.stringify(late.steps)).toContain('it brings no credential');
  });

  it('that repeats a mere claim is still a mere claim', async () => {
    const { orchestrator, task } = await rig([security]);
    const claimed = await orchestrator.delegateTask({ type: 't', attributes: { user_id: 'root' } });
    const { security: stamp } = task(claimed).attributes;
    expect(stamp).toMatchObject({ principal: 'root', method: 'claimed' });
    await orchestrator.plugins.configure('security', { authentication: 'required' });
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 't', attributes: { security: stamp } }))).toContain(
      'it brings no credential',
    );
  });
});

describe('permissions', () => {
  const authorization = {
    enforce: true,
    roles: { builder: ['task/build*:delegate'], boss: ['*:*'] },
    assignments: { ann: ['builder'] },
  };

  it('decide what a caller may do', async () => {
    const { orchestrator } = await rig([security], config({ authorization }));
    const attributes = { authorization: jwt() };
    await orchestrator.delegateTask({ type: 'build_docs', attributes });
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 'deploy', attributes }))).toBe(
      'no role of ann grants task/deploy:delegate',
    );
    expect(await vetoOf(() => orchestrator.spawnAgent({ role: 'worker', attributes }))).toBe(
      'no role of ann grants agent/worker:spawn',
    );
    await orchestrator.spawnAgent({ role: 'worker', attributes: { authorization: jwt({ roles: ['boss'] }) } });
    await orchestrator.use(security).setRoles({ principal: 'ann', roles: ['boss'], by: 'root' });
    await orchestrator.delegateTask({ type: 'deploy', attributes });
    await orchestrator.use(security).setRoles({ principal: 'ann', roles: [], by: 'root' });
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 'deploy', attributes }))).toContain('no role');
  });

  it('are those of a stranger for a caller who only says who it is', async () => {
    const { orchestrator } = await rig([security], config({ authorization: { ...authorization, anonymousRoles: [] } }));
    const attributes = { user_id: 'ann' };
    expect(await vetoOf(() => orchestrator.delegateTask({ type: 'build', attributes }))).toContain(
      'no role of a caller without a credential',
    );
    await orchestrator.plugins.configure('security', {
      authorization: { ...authorization, anonymousRoles: ['builder'] },
    });
    await orchestrator.delegateTask({ type: 'build', attributes });
  });
});

describe('rates', () => {
  const delegate = (
    orchestrator: Awaited<ReturnType<typeof rig>>['orchestrator'],
    attributes: object,
    agentId?: string,
  ) =>
    orchestrator.delegateTask({
      type: 't',
      attributes: { ...attributes },
      ...(agentId === undefined ? {} : { agentId }),
    });

  it('let a caller in 60 times a minute, then as tokens come', async () => {
    const { orchestrator, pass } = await rig([security]);
    for (let i = 0; i < 60; i++) await delegate(orchestrator, { user_id: 'ann' });
    await expect(delegate(orchestrator, { user_id: 'ann' })).rejects.toMatchObject({
      code: 'VETOED',
      retryAfterMs: 1_000,
    });
    await delegate(orchestrator, { user_id: 'bob' });
    await pass(999);
    await expect(delegate(orchestrator, { user_id: 'ann' })).rejects.toMatchObject({ retryAfterMs: 1 });
    await pass(1);
    await delegate(orchestrator, { user_id: 'ann' });
    await expect(delegate(orchestrator, { user_id: 'ann' })).rejects.toMatchObject({ code: 'VETOED' });
    await pass(3_600_000);
    for (let i = 0; i < 60; i++) await delegate(orchestrator, { user_id: 'ann' });
    await expect(delegate(orchestrator, { user_id: 'ann' })).rejects.toMatchObject({ code: 'VETOED' });
  });

  it('hold for an address and for an agent too', async () => {
    const { orchestrator } = await rig([security], config({ rates: { sourcePerMinute: 2, agentPerMinute: 1 } }));
    const agent = await orchestrator.spawnAgent({ role: 'worker', attributes: { source_ip: '10.0.0.1' } });
    await delegate(orchestrator, { user_id: 'ann', source_ip: '10.0.0.1' });
    expect(await vetoOf(() => delegate(orchestrator, { user_id: 'bob', client_ip: '10.0.0.1' }))).toBe(
      'source:10.0.0.1 calls more often than it may',
    );
    await delegate(orchestrator, {}, agent.id);
    expect(await vetoOf(() => delegate(orchestrator, {}, agent.id))).toBe(
      `agent:${agent.id} calls more often than it may`,
    );
  });

  it('are not used up by somebody who takes a name', async () => {
    const { orchestrator } = await rig([security], config({ rates: { callerPerMinute: 1 } }));
    await delegate(orchestrator, { user_id: 'ann' });
    await vetoOf(() => delegate(orchestrator, { user_id: 'ann' }));
    await delegate(orchestrator, { authorization: jwt(), user_id: 'ann' });
    await vetoOf(() => delegate(orchestrator, { authorization: jwt() }));
  });
});

/** Snapshots hold maps and sets, which JSON would leave out. */
function* inspect(value: unknown): Generator<unknown> {
  if (value instanceof Map) for (const [key, item] of value) yield* inspect([key, item]);
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* inspect(item);
  else yield value;
}
