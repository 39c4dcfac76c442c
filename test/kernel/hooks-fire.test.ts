import { describe, expect, test } from 'vitest';
import { topic } from '../../src/contract/bus.ts';
import { type EmittableHook, HOOK_NAMES, type HookEvents, type HookName } from '../../src/contract/hooks.ts';
import type { AnyPlugin, PluginContext } from '../../src/contract/plugins.ts';
import { settled } from './support/fake-clock.ts';
import { type Rig, rig } from './support/rig.ts';

type Heard = Map<HookName, unknown[]>;

/** A plugin that implements every hook there is, does nothing and remembers what it was told. */
function listener(heard: Heard): AnyPlugin {
  const hear = (hook: HookName) => (event: unknown) => {
    heard.set(hook, [...(heard.get(hook) ?? []), event]);
  };
  const hooks = Object.fromEntries(HOOK_NAMES.map((hook) => [hook, hear(hook)]));
  return { name: 'listener', version: '1.0.0', says: 'hears everything', hooks } as AnyPlugin;
}

/** What makes the kernel fire each hook, and what the plugin is told. */
const SCENES: { readonly [N in HookName]: (kernel: Rig) => Promise<object> } = {
  async before_agent_spawn({ spawn }) {
    await spawn({ id: 'a1', capabilities: ['sql'] });
    return {
      agentId: 'a1',
      role: 'tester',
      capabilities: ['sql'],
      runtime: 'manual',
      rehearsal: false,
      attributes: {},
    };
  },
  async allow_agent_spawn({ spawn }) {
    await spawn({ id: 'a1' });
    return { agentId: 'a1', role: 'tester' };
  },
  async on_agent_spawned({ spawn }) {
    await spawn({ id: 'a1' });
    return { agent: { id: 'a1', state: 'idle' } };
  },
  async on_agent_status_changed({ spawn, delegate }) {
    await spawn({ id: 'a1' });
    await delegate();
    return { agent: { id: 'a1', state: 'busy' }, from: 'idle', to: 'busy' };
  },
  async on_agent_heartbeat_lost(kernel) {
    await fallSilent(kernel);
    return { agent: { id: 'a1', state: 'busy' }, silentMs: 100 };
  },
  async on_agent_failure(kernel) {
    await fallSilent(kernel);
    return { agent: { id: 'a1', state: 'failed' }, error: { code: 'heartbeat_lost' } };
  },
  async on_agent_stopped({ spawn, kernel }) {
    await spawn({ id: 'a1' });
    await kernel.shutdownAgent('a1', { reason: 'enough' });
    return { agent: { id: 'a1', state: 'stopped' }, reason: 'enough' };
  },
  async on_capacity_reached({ spawn }) {
    await spawn();
    await spawn();
    await expect(spawn()).rejects.toMatchObject({ code: 'AT_CAPACITY' });
    return { agents: 2, agentsMax: 2 };
  },
  async before_task_delegate({ delegate }) {
    await delegate({ id: 't1', description: 'd', input: { n: 1 }, role: 'r', preferredRole: 'x' });
    const told = {
      taskId: 't1',
      type: 'work',
      description: 'd',
      input: { n: 1 },
      priority: 50,
      preferredRole: 'x',
      role: 'r',
    };
    return { ...told, capabilities: [], agentId: null, rehearsal: false, runMs: 1_800_000, attributes: {} };
  },
  async allow_task_delegate({ delegate }) {
    await delegate({ id: 't1' });
    return { taskId: 't1', type: 'work' };
  },
  async choose_agent({ spawn, delegate }) {
    await spawn({ id: 'a1' });
    await spawn({ id: 'a2' });
    await delegate({ id: 't1' });
    return { task: { id: 't1', state: 'queued' }, candidates: [{ id: 'a1' }, { id: 'a2' }] };
  },
  async on_task_queued({ delegate }) {
    await delegate({ id: 't1' });
    return { task: { id: 't1', state: 'queued' }, queued: 1 };
  },
  async on_no_agent_available({ delegate }) {
    await delegate({ id: 't1', capabilities: ['sql'] });
    return { task: { id: 't1' }, capabilities: ['sql'] };
  },
  async on_task_delegated({ spawn, delegate }) {
    await spawn({ id: 'a1' });
    await delegate({ id: 't1' });
    return { task: { id: 't1', state: 'running' }, agent: { id: 'a1', taskIds: ['t1'] } };
  },
  async on_task_reassigned({ spawn, delegate, kernel }) {
    await spawn({ id: 'a1' });
    await delegate({ id: 't1' });
    await spawn({ id: 'a2' });
    await kernel.reassign('t1', 'a2');
    return { task: { id: 't1' }, fromAgentId: 'a1', toAgentId: 'a2' };
  },
  async before_task_complete(kernel) {
    await complete(kernel);
    return { task: { id: 't1', state: 'running' }, result: 42, runMs: 30 };
  },
  async allow_task_complete(kernel) {
    await complete(kernel);
    return { task: { id: 't1', state: 'running' }, result: 42, runMs: 30 };
  },
  async on_task_completed(kernel) {
    await complete(kernel);
    return { task: { id: 't1', state: 'completed' }, result: 42, runMs: 30 };
  },
  async on_task_failed({ spawn, delegate, kernel }) {
    await spawn();
    await delegate({ id: 't1', retry: { attemptsMax: 2 } });
    await kernel.failTask('t1', { message: 'no' });
    return { task: { id: 't1', state: 'waiting' }, error: { message: 'no' }, attempt: 1, willRetry: true };
  },
  async on_task_cancelled({ delegate, kernel }) {
    await delegate({ id: 't1' });
    await kernel.cancelTask('t1', 'enough');
    return { task: { id: 't1', state: 'cancelled' }, reason: 'enough' };
  },
  async on_message_sent({ kernel }) {
    await kernel.start();
    kernel.bus.publish(topic<number>('progress'), 7, 'a1');
    return { topic: 'progress', from: 'a1', subscribers: 0 };
  },
  async on_performance_metric(kernel) {
    await complete(kernel);
    return { name: 'run_ms', value: 30, unit: 'ms', agentId: 'a1', taskId: 't1' };
  },
  async on_health_check({ kernel }) {
    await kernel.getHealthStatus();
    return { sections: {} };
  },
  async on_health_changed(kernel) {
    await fallSilent(kernel);
    return { from: 'healthy', to: 'unhealthy', reasons: expect.arrayContaining(['all 1 agents have failed']) };
  },
  async on_alert_raised(kernel) {
    await fallSilent(kernel);
    return { id: 'kernel:given_up:agent a1', severity: 'critical' };
  },
  async on_alert_resolved(kernel) {
    await fallSilent(kernel);
    await kernel.kernel.shutdownAgent('a1');
    return { id: 'kernel:given_up:agent a1' };
  },
  on_session_started: (kernel) => emitted(kernel, 'on_session_started', { sessionId: 's', agentIds: ['a'], atMs: 1 }),
  on_session_ended: (kernel) => emitted(kernel, 'on_session_ended', { sessionId: 's', reason: 'done', atMs: 1 }),
  on_sleep: (kernel) => emitted(kernel, 'on_sleep', { agentId: 'a', reason: 'context is full', atMs: 1 }),
  on_wake: (kernel) => emitted(kernel, 'on_wake', { agentId: 'a', reason: 'work came', atMs: 1 }),
  on_workflow_step: (kernel) =>
    emitted(kernel, 'on_workflow_step', { workflowId: 'w', step: 'build', state: 'started', taskId: null, atMs: 1 }),
  on_workflow_finished: (kernel) =>
    emitted(kernel, 'on_workflow_finished', { workflowId: 'w', state: 'completed', atMs: 1 }),
};

describe('every declared hook fires', () => {
  for (const hook of HOOK_NAMES) {
    test(hook, async () => {
      const heard: Heard = new Map();
      const kernel = rig({ agentsMax: 2, restartLimit: { restartsMax: 0 } }, [listener(heard)]);
      const told = await SCENES[hook](kernel);
      await settled();
      await kernel.kernel.plugins.observed();
      expect(heard.get(hook)).toContainEqual(expect.objectContaining(deep(told) as object));
    });
  }
});

test('metrics tell of spawning, delegating, queueing and running', async () => {
  const heard: Heard = new Map();
  const kernel = rig({}, [listener(heard)]);
  await complete(kernel);
  await settled();
  await kernel.kernel.plugins.observed();
  const names = (heard.get('on_performance_metric') as HookEvents['on_performance_metric'][]).map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(['spawn_ms', 'delegate_ms', 'queue_ms', 'run_ms']));
});

/** Fired by another plugin, which is loaded for it. */
async function emitted<N extends EmittableHook>({ kernel }: Rig, hook: N, event: HookEvents[N]): Promise<object> {
  const initialize = ({ emit }: PluginContext<unknown, unknown>) => emit(hook, event);
  await kernel.loadPlugin({ name: 'teller', version: '1.0.0', says: 'for a test', hooks: {}, initialize } as AnyPlugin);
  return event;
}

async function complete({ spawn, delegate, kernel, clock }: Rig): Promise<void> {
  await spawn({ id: 'a1' });
  await delegate({ id: 't1' });
  await clock.advance(30);
  await kernel.completeTask('t1', { result: 42 });
}

async function fallSilent({ spawn, delegate, clock }: Rig): Promise<void> {
  await spawn({ id: 'a1', deadlines: { heartbeatMs: 100 } });
  await delegate();
  await clock.advance(100);
}

/** Parts of objects are enough, at any depth. */
function deep(expected: unknown): unknown {
  if (typeof expected !== 'object' || expected === null || 'asymmetricMatch' in expected) return expected;
  if (Array.isArray(expected))
    return expected.map((item) => (isRecord(item) ? expect.objectContaining(deep(item) as object) : item));
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      isRecord(value) ? expect.objectContaining(deep(value) as object) : deep(value),
    ]),
  );
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('asymmetricMatch' in value);
}

test('plugins are told of a spawn once, not of each restart', async () => {
  const heard: Heard = new Map();
  const kernel = rig({ restartPauseMs: 0 }, [listener(heard)]);
  await fallSilent(kernel);
  await kernel.kernel.plugins.observed();
  expect(kernel.agent({ id: 'a1' }).restarts).toBe(1);
  expect(heard.get('on_agent_spawned')).toHaveLength(1);
});
