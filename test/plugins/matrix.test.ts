import { describe, expect, it } from 'vitest';
import type { HookEvents } from '../../src/contract/hooks.ts';
import { type AnyPlugin, definePlugin, type PluginReport } from '../../src/contract/plugins.ts';
import type { KernelConfig } from '../../src/kernel/index.ts';
import { PLUGINS } from '../../src/plugins/index.ts';
import { combinationsOf, incompleteSubsets } from '../kernel/hooks/plugin-matrix.ts';
import { failureOf, ManualStopwatch } from '../kernel/hooks/support.ts';
import { KERNEL_CONTRACT, type Open } from './support/kernel-contract.ts';
import { type PluginRig, rig } from './support/rig.ts';

const ALL: readonly AnyPlugin[] = Object.values(PLUGINS);
const COMBINATIONS = combinationsOf(ALL);

describe('the plugins that come with Banyan', () => {
  it('can be loaded alone and in every company', () => {
    expect(incompleteSubsets(ALL)).toEqual([]);
    const subsets = new Set(COMBINATIONS.map(({ name }) => name.split(' > ').toSorted().join()));
    expect(subsets.size).toBe(2 ** ALL.length);
  });

  it('run security first on the way in, and performance after what enriches a call', () => {
    for (const { plugins } of COMBINATIONS) {
      const names = plugins.map(({ name }) => name);
      if (names.includes('security')) expect(names[0]).toBe('security');
      const late = ['performance', 'development'].filter((name) => names.includes(name));
      expect(names.slice(names.length - late.length).toSorted()).toEqual(late.toSorted());
    }
  });
});

describe.each(COMBINATIONS)('with $name, the kernel keeps its promises', ({ name, plugins }) => {
  it.each(KERNEL_CONTRACT)('$says', async ({ holds }) => {
    const rigs: PluginRig[] = [];
    const open: Open = async (config: KernelConfig = {}) => {
      // Time stands still for the plugins' budgets: on a busy machine, some would be used up by nobody's fault.
      const opened = await rig(plugins, { stopwatch: new ManualStopwatch(), ...config });
      rigs.push(opened);
      return opened;
    };
    await holds(open);
    for (const opened of rigs) await expectWell(opened, name);
  });
});

/** They stand in the order that the combination says, and none of them did anything wrong. */
async function expectWell({ orchestrator, settle }: PluginRig, name: string): Promise<void> {
  await settle();
  const { plugins, sections } = await orchestrator.getHealthStatus();
  expect(plugins.map((plugin) => plugin.name).join(' > ') || 'no plugin').toBe(name);
  expect(Object.keys(sections).toSorted()).toEqual(plugins.map((plugin) => plugin.name).toSorted());
  for (const plugin of plugins as readonly PluginReport[]) {
    expect(plugin.errors, plugin.lastFinding ?? '').toBe(0);
    expect(plugin).toMatchObject({ timeouts: 0, vetoes: 0, dropped: 0, unsettled: 0 });
  }
}

describe('on the way in', () => {
  /** Stands for the plugin that enriches calls: it notes what it gets to see. */
  const context = (seen: HookEvents['before_task_delegate']['attributes'][]) =>
    definePlugin({
      name: 'context',
      version: '1.0.0',
      says: 'adds what it knows of the caller',
      writes: { before_task_delegate: { attributes: 'merge' } },
      hooks: {
        before_task_delegate({ attributes }) {
          seen.push(attributes);
          return { attributes: { context: 'known' } };
        },
      },
    });
  const { security, performance } = PLUGINS;
  const config = {
    plugins: { performance: { estimates: true }, security: { authentication: 'required' } },
  };

  it('security comes before context, and context before performance', async () => {
    const seen: HookEvents['before_task_delegate']['attributes'][] = [];
    // Given in the wrong order on purpose: the list's order never matters.
    const { orchestrator, settle } = await rig([performance, context(seen), security], config);
    const { key } = await orchestrator.use(security).issueKey({ principal: 'ann', by: 'root' });
    const authorization = `Bearer ${key}`;
    await orchestrator.spawnAgent({ role: 'w', attributes: { authorization } });
    const first = await orchestrator.delegateTask({ type: 't', attributes: { authorization } });
    await orchestrator.completeTask(first.id);
    await settle();
    const { attributes } = await orchestrator.delegateTask({ type: 't', attributes: { authorization } });
    // Context saw the stamp, never the credential, and nothing of performance yet.
    expect(seen).toHaveLength(2);
    for (const early of seen) {
      expect(JSON.stringify(early)).not.toContain(key);
      expect(early).toMatchObject({ security: { principal: 'ann' } });
      expect(Object.hasOwn(early, 'expectedRunMs')).toBe(false);
    }
    expect(attributes).toMatchObject({ context: 'known', expectedRunMs: expect.any(Number) });
  });

  it('what security vetoes is recorded nowhere', async () => {
    const { orchestrator, settle } = await rig([...ALL], config);
    const refused = await failureOf(() =>
      orchestrator.delegateTask({ type: 't', attributes: { authorization: 'Bearer wrong' } }),
    );
    expect(refused).toMatchObject({ code: 'VETOED', message: expect.stringContaining('security') });
    expect(await failureOf(() => orchestrator.spawnAgent({ role: 'w' }))).toMatchObject({ code: 'VETOED' });
    await settle();
    expect([orchestrator.listTasks(), orchestrator.listAgents(), orchestrator.events.last]).toEqual([[], [], 0]);
    expect(await orchestrator.use(performance).taskSummary()).toEqual([]);
  });
});
