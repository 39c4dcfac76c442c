/** What holds for a plugin wherever it runs. */
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyPlugin, PluginKernel } from '../../../src/contract/plugins.ts';
import {
  type Finding,
  loadPlugins,
  type Operation,
  type PluginOptions,
  type Plugins,
} from '../../../src/kernel/hooks/index.ts';
import { MemoryStore } from '../../../src/kernel/index.ts';
import { agent, delegateEvent, failureOf, spawnEvent, task } from '../../kernel/hooks/support.ts';
import type { plugin as contractPlugin } from './fixtures/contract-plugin.ts';

type Typed = typeof contractPlugin;

const keepingIn = (store: MemoryStore) => ({ store, everyMs: 60_000, bytesMax: 1_000_000, keptMax: 9 });

export function pluginContract(place: string, open: () => Promise<AnyPlugin>): void {
  describe(`a plugin ${place}`, () => {
    let plugins: Plugins;
    let definition: AnyPlugin;
    const logged: unknown[] = [];
    const emitted: unknown[] = [];
    const kernel = { getAgent: async (id: string) => agent({ id, role: 'found' }) } as unknown as PluginKernel;

    async function load(options: Partial<PluginOptions> = {}): Promise<void> {
      logged.length = 0;
      emitted.length = 0;
      definition = await open();
      plugins = await loadPlugins([definition], {
        kernel,
        log: (_plugin, _level, message, facts) => logged.push([message, facts]),
        emitted: (_plugin, hook, event) => emitted.push([hook, event]),
        ...options,
      });
    }
    /** One operation with nothing in it but `ask`. */
    async function during<T>(ask: (operation: Operation) => T | Promise<T>): Promise<T> {
      const operation = plugins.begin(60_000);
      try {
        return await ask(operation);
      } finally {
        operation.end();
      }
    }
    const used = () => plugins.use(definition as Typed);
    const spawn = async (id: string, role = 'worker') => {
      plugins.observe('on_agent_spawned', { agent: agent({ id, role }) });
      await plugins.observed();
    };
    afterEach(() => plugins.close());

    it('patches what it declares', async () => {
      await load();
      const event = await during((operation) =>
        operation.transform('before_task_delegate', delegateEvent({ priority: 5 })),
      );
      expect(event).toMatchObject({ priority: 6, attributes: { tenant: 't1', label: 'p-build' } });
      expect(Object.isFrozen(event)).toBe(true);
    });

    it('vetoes with its reason, and allows by saying nothing', async () => {
      await load();
      await during((operation) => operation.guard('allow_task_delegate', delegateEvent()));
      const verdict = () =>
        during((operation) => operation.guard('allow_task_delegate', delegateEvent({ type: 'forbidden' })));
      await expect(verdict()).rejects.toMatchObject({
        code: 'VETOED',
        plugin: 'contract',
        reason: 'that type is forbidden',
        retryAfterMs: 70,
      });
    });

    it('vetoes by failing where it is closed', async () => {
      await load({ configs: { contract: { fail: true } } });
      const verdict = () => during((operation) => operation.guard('allow_task_delegate', delegateEvent()));
      expect((await failureOf(verdict)).code).toBe('VETOED');
      expect(plugins.findings()).toMatchObject([{ kind: 'threw', message: 'told to fail' }]);
    });

    it('decides', async () => {
      await load();
      const candidates = [agent({ id: 'a1' }), agent({ id: 'a2' })];
      expect(await during((operation) => operation.decide('choose_agent', { task: task(), candidates }))).toBe('a2');
    });

    it('observes, keeps state, fires events and serves capabilities', async () => {
      await load();
      await spawn('a1');
      await spawn('a2', 'boss');
      expect(await used().spawned()).toEqual(['a1', 'a2']);
      expect(await used().count({ role: 'boss' })).toBe(1);
      expect(emitted).toContainEqual([
        'on_alert_raised',
        expect.objectContaining({ id: 'contract:spawned', message: 'a2' }),
      ]);
    });

    it('holds agents off and releases them', async () => {
      const said: unknown[] = [];
      const released = Promise.withResolvers<void>();
      const holding = {
        holdOff: ({ name }: { readonly name: string }, ...what: unknown[]) => said.push([name, ...what]),
        release: ({ name }: { readonly name: string }, ...what: unknown[]) => {
          said.push([name, ...what]);
          released.resolve();
        },
        releaseAll: () => {},
        handOver: () => {},
      };
      await load({ holding });
      await used().hold('a1');
      await used().release('a1');
      await released.promise;
      expect(said).toEqual([
        ['contract', 'a1', 7_000, 500],
        ['contract', 'a1'],
      ]);
    });

    it('does something later, unless it called it off, and reports findings of its own', async () => {
      const found = Promise.withResolvers<Finding>();
      await load({ found: (finding) => found.resolve(finding) });
      await used().remind({ name: 'nobody', calledOff: true });
      await used().remind({ name: 'somebody', calledOff: false });
      expect(await found.promise).toMatchObject({
        plugin: 'contract',
        kind: 'reported',
        message: 'reminded of somebody',
      });
      expect(await used().spawned()).toEqual(['somebody']);
      expect(plugins.report()[0]?.findings).toEqual({ reported: 1 });
    });

    it('goes on after a restart with what it knew, its parts as they were, and its standing alerts', async () => {
      const keeping = keepingIn(new MemoryStore());
      await load({ keeping });
      await spawn('a1', 'boss');
      const standing = plugins.alerts();
      expect(standing).toMatchObject([{ id: 'contract:spawned', plugin: 'contract', message: 'a1' }]);
      await plugins.close();
      await load({ keeping });
      expect(await used().spawned()).toEqual(['a1']);
      expect(await used().count({ role: 'boss' })).toBe(1);
      expect(plugins.alerts()).toEqual(standing);
    });

    it('begins anew, with a finding, when what was kept cannot be put back', async () => {
      const store = new MemoryStore();
      store.putPluginState({ name: 'contract', version: 0, body: new Uint8Array([1, 2, 3]) }, [], 9);
      await load({ keeping: keepingIn(store) });
      expect(await used().spawned()).toEqual([]);
      expect(plugins.findings()).toMatchObject([{ plugin: 'contract', place: 'state', kind: 'state_refused' }]);
    });

    it('gets frozen events: writing into one is a throw that is counted', async () => {
      await load();
      const event = spawnEvent();
      expect(await during((operation) => operation.transform('before_agent_spawn', event))).toBe(event);
      expect(event.role).toBe('worker');
      expect(plugins.findings()).toMatchObject([{ place: 'before_agent_spawn', kind: 'threw' }]);
    });

    it('has its capability inputs checked, and hands errors to the caller', async () => {
      await load();
      const bad = await failureOf(() => used().count({ role: '' }));
      expect(bad.code).toBe('BAD_INPUT');
      expect(bad.message).toMatch(/^contract\.count: role: /);
      expect(await failureOf(() => used().fail())).toEqual({
        code: 'PLUGIN_FAILED',
        message: 'contract.fail: as asked',
      });
    });

    it('asks the kernel', async () => {
      await load();
      expect(await used().agent('a7')).toMatchObject({ id: 'a7', role: 'found' });
    });

    it('reads its config, is told of changes, and may refuse them', async () => {
      await load({ configs: { contract: { prefix: 'x' } } });
      await plugins.configure('contract', { prefix: 'y' });
      expect((await failureOf(() => plugins.configure('contract', { prefix: 'broken' }))).message).toBe(
        'plugin contract, on_config_changed: cannot work with that prefix',
      );
      const event = await during((operation) => operation.transform('before_task_delegate', delegateEvent()));
      expect(event.attributes.label).toBe('y-build');
      await plugins.close();
      expect(logged).toEqual([
        ['initialised', { prefix: 'x' }],
        ['changed', { from: 'x', to: 'y' }],
        ['disposed', {}],
      ]);
    });

    it('is refused when its config does not fit or it cannot be initialised', async () => {
      expect(await failureOf(() => load({ configs: { contract: { prefix: 3 } } }))).toMatchObject({
        code: 'PLUGIN_INVALID',
      });
      expect(await failureOf(() => load({ configs: { contract: { prefix: 'broken' } } }))).toMatchObject({
        code: 'PLUGIN_FAILED',
        message: 'plugin contract, initialize: cannot work with that prefix',
      });
    });

    it('gives a snapshot of its state and takes one back', async () => {
      await load();
      await spawn('a1');
      const snapshot = await plugins.snapshot();
      expect(snapshot).toEqual({
        contract: { version: 2, state: { spawned: ['a1'], sums: new Map([['worker', 1]]) } },
      });
      await spawn('a2');
      await plugins.restore(snapshot);
      expect(await used().spawned()).toEqual(['a1']);
      await plugins.restore({ contract: { version: 1, state: { spawned: ['migrated'], sums: new Map() } } });
      expect(await used().spawned()).toEqual(['migrated']);
    });

    it('is swapped for another without losing its state', async () => {
      await load();
      await spawn('a1');
      await plugins.load(await open());
      expect(await used().spawned()).toEqual(['a1']);
      await spawn('a2');
      expect(await used().spawned()).toEqual(['a1', 'a2']);
    });
  });
}
