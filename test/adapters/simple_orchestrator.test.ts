import { describe, expect, it } from 'vitest';
import { createOrchestratorFromLegacyImport, legacyInterface } from '../../adapters/index.ts';
import { LegacyError } from '../../src/contract/adapter.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import type { Kernel } from '../../src/contract/kernel.ts';

const NOON_MS = Date.UTC(2025, 7, 19, 12);

function world(kernel: Kernel = createOrchestratorFromLegacyImport('app.core.simple_orchestrator')) {
  let nowMs = NOON_MS;
  const sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  const surroundings = {
    nowMs: () => nowMs,
    sleep: (ms: number) => new Promise<void>((wake) => sleeps.push({ ms, wake })),
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { kernel, legacy: legacyInterface('simple_orchestrator', kernel, surroundings), sleeps, pass };
}

/** A kernel of which one operation fails. */
function breaking(kernel: Kernel, operation: keyof Kernel, error: Error): Kernel {
  return new Proxy(kernel, {
    get: (target, name) => (name === operation ? () => Promise.reject(error) : Reflect.get(target, name).bind(target)),
  });
}

const TASK = { task_description: 'log in', task_type: 'test' };

describe('the legacy interface of simple_orchestrator over a kernel', () => {
  it('raises exceptions by which callers can tell what went wrong', async () => {
    const { legacy } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' });
    const refusal = await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LegacyError);
    expect(refusal).toMatchObject({
      type: 'SimpleOrchestratorError',
      message: 'Failed to spawn agent: Agent a already exists',
      cause: expect.objectContaining({ code: 'DUPLICATE_ID' }),
    });
    await legacy.delegate_task(TASK);
    await expect(legacy.delegate_task(TASK)).rejects.toMatchObject({
      type: 'TaskDelegationError',
      message: 'Failed to delegate task: No suitable agent available',
    });
  });

  it('hands the kernel what it needs to answer for the task later', async () => {
    const { kernel, legacy } = world();
    const agent = await legacy.spawn_agent({ role: 'qa_engineer' });
    const task = await legacy.delegate_task({ ...TASK, priority: 'critical' });
    expect(kernel.getTask(task)).toMatchObject({
      type: 'test',
      description: 'log in',
      priority: 100,
      state: 'running',
      agentId: agent,
    });
  });

  it('gives a busy agent a second, during which it is still there', async () => {
    const { legacy, sleeps } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'busy' });
    await legacy.delegate_task(TASK);
    const ended = legacy.shutdown_agent({ agent_id: 'busy' });
    expect(sleeps.map(({ ms }) => ms)).toEqual([1000]);
    expect(await legacy.get_system_status()).toMatchObject({ agents: { by_status: { active: 1 } } });
    sleeps[0]?.wake();
    expect(await ended).toBe(true);
    expect(await legacy.get_system_status()).toMatchObject({
      agents: { total: 0, by_status: {}, details: {} },
      tasks: { active_assignments: 1 },
      health: 'no_agents',
    });
  });

  it('gives no time to an idle agent, or when the caller wants none', async () => {
    const { legacy, sleeps } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'busy' });
    await legacy.delegate_task(TASK);
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'idle' });
    expect(await legacy.shutdown_agent({ agent_id: 'idle' })).toBe(true);
    expect(await legacy.shutdown_agent({ agent_id: 'busy', graceful: false })).toBe(true);
    expect(await legacy.shutdown_agent({ agent_id: 'busy', graceful: false })).toBe(false);
    expect(sleeps).toEqual([]);
  });

  it('fails as a KeyError does when another call removed the agent during that second', async () => {
    const { legacy, sleeps } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: "it's" });
    await legacy.delegate_task(TASK);
    const slow = legacy.shutdown_agent({ agent_id: "it's" });
    expect(await legacy.shutdown_agent({ agent_id: "it's", graceful: false })).toBe(true);
    sleeps[0]?.wake();
    await expect(slow).rejects.toMatchObject({
      type: 'SimpleOrchestratorError',
      message: `Failed to shutdown agent: "it's"`,
    });
  });

  it('removes one agent for one of two calls at once', async () => {
    const { legacy } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' });
    const answers = await Promise.all([1, 2].map(() => legacy.shutdown_agent({ agent_id: 'a' })));
    expect(answers).toEqual([true, false]);
  });

  it('never gives one agent two tasks at once, nor two agents one id', async () => {
    const { legacy } = world();
    const spawns = await Promise.allSettled(
      [1, 2, 3].map(() => legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' })),
    );
    expect(spawns.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const tasks = await Promise.allSettled([1, 2, 3].map(() => legacy.delegate_task(TASK)));
    expect(tasks.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await legacy.get_system_status()).toMatchObject({ tasks: { active_assignments: 1 } });
  });

  it('lets no more than fifty agents in, also when a hundred come at once', async () => {
    const { legacy } = world();
    const spawns = await Promise.allSettled(
      Array.from({ length: 100 }, () => legacy.spawn_agent({ role: 'devops_engineer' })),
    );
    expect(spawns.filter(({ status }) => status === 'fulfilled')).toHaveLength(50);
    expect(spawns.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { message: 'Failed to spawn agent: Maximum concurrent agents reached' },
    });
  });

  it('counts what it did since it was opened', async () => {
    const { legacy, pass } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' });
    await legacy.delegate_task(TASK);
    await legacy.delegate_task(TASK).catch(() => {});
    await legacy.shutdown_agent({ agent_id: 'nobody' });
    pass(8000);
    expect(await legacy.get_system_status()).toMatchObject({
      timestamp: '2025-08-19T12:00:08',
      performance: { operations_count: 2, operations_per_second: 0.25, response_time_ms: 0 },
    });
  });

  it('tells in the status what keeps it from telling the status', async () => {
    const { kernel } = world();
    const broken = breaking(kernel, 'getHealthStatus', new BanyanError('KERNEL_CLOSED', 'it was closed'));
    expect(await world(broken).legacy.get_system_status()).toEqual({
      timestamp: '2025-08-19T12:00:00',
      error: 'it was closed',
      health: 'error',
    });
  });

  it('wraps once what the kernel refuses for reasons that legacy does not know', async () => {
    const { kernel, legacy } = world();
    await legacy.spawn_agent({ role: 'qa_engineer', agent_id: 'a' });
    await kernel.close();
    for (const call of [
      legacy.spawn_agent({ role: 'qa_engineer' }),
      legacy.delegate_task(TASK),
      legacy.shutdown_agent({ agent_id: 'a' }),
    ]) {
      await expect(call).rejects.toMatchObject({
        type: expect.stringMatching(/^(SimpleOrchestrator|TaskDelegation)Error$/),
        message: expect.stringMatching(/^Failed to (spawn|delegate|shutdown) \w+: \S/),
      });
    }
  });
});

describe('a defect of the kernel', () => {
  it.each(['spawnAgent', 'delegateTask', 'shutdownAgent', 'getHealthStatus'] as const)(
    'is not told as one of legacy’s own refusals: %s',
    async (operation) => {
      const { kernel, legacy: sound } = world();
      await sound.spawn_agent({ role: 'qa_engineer', agent_id: 'a' });
      const defect = new TypeError('x is not a function');
      const { legacy } = world(breaking(kernel, operation, defect));
      const call = {
        spawnAgent: () => legacy.spawn_agent({ role: 'qa_engineer' }),
        delegateTask: () => legacy.delegate_task(TASK),
        shutdownAgent: () => legacy.shutdown_agent({ agent_id: 'a' }),
        getHealthStatus: () => legacy.get_system_status(),
      }[operation];
      await expect(call()).rejects.toBe(defect);
    },
  );
});

describe('a kernel made from a legacy import', () => {
  it('knows the module by its path and by its type', async () => {
    for (const module of ['app.core.simple_orchestrator', 'simple_orchestrator']) {
      const health = await createOrchestratorFromLegacyImport(module).getHealthStatus();
      expect(health.agents.max).toBe(50);
    }
  });

  it('names the modules it knows when it does not know one', () => {
    expect(() => createOrchestratorFromLegacyImport('app.core.chess')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_TYPE',
        message: expect.stringContaining('app.core.simple_orchestrator'),
      }),
    );
  });
});
