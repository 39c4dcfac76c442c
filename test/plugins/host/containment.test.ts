import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPlugins, type Plugins } from '../../../src/kernel/hooks/index.ts';
import { PluginHost, type PluginHostOptions } from '../../../src/plugins/host/plugin-host.ts';
import { RESTART } from '../../../src/plugins/host/restarts.ts';
import { allowedDeeds } from '../../../src/plugins/host/self-test.ts';
import { failureOf, plugin as inProcess, noKernel, spawnEvent } from '../../kernel/hooks/support.ts';
import { plugin as misbehaving } from './fixtures/misbehaving-plugin.ts';

const file = fileURLToPath(new URL('./fixtures/misbehaving-plugin.ts', import.meta.url));

describe('the plugin host', () => {
  let host: PluginHost;
  let plugins: Plugins;
  let printed: string[];
  /** Resolves with the first line of the log that fits. */
  let logged: (fits: RegExp) => Promise<string>;

  async function start(options: PluginHostOptions = {}): Promise<void> {
    const log = watchedLog();
    printed = [];
    logged = log.wait;
    host = new PluginHost({
      restart: { ...RESTART, pauseMs: 1 },
      log: (_file, line) => {
        printed.push(line);
        log.add(line);
      },
      ...options,
    });
    const definition = await host.open({ file, heldMsMax: 2000, heapMb: 32 });
    plugins = await loadPlugins(
      [definition, inProcess('neighbour', { hooks: { allow_agent_spawn: () => undefined } })],
      {
        kernel: noKernel,
        configs: { misbehaving: { greeting: 'good day' } },
        log: (_plugin, _level, message) => log.add(message),
      },
    );
  }
  const used = () => plugins.use(misbehaving);
  const ask = async (role: string) => {
    const operation = plugins.begin(60_000);
    try {
      return await operation.guard('allow_agent_spawn', spawnEvent({ role }));
    } finally {
      operation.end();
    }
  };
  /** The reason of a veto, or `null`; asked again while the breaker or a restart leaves the plugin without a say. */
  const greeting = async () => {
    const failure = await failureOf(() => ask('polite')).catch(() => null);
    return failure?.message ?? null;
  };

  beforeEach(() => start());
  afterEach(async () => {
    await plugins.close();
    await host.close();
  });

  it('starts its process when the first plugin is opened, and not before', async () => {
    const lazy = new PluginHost();
    expect(lazy.pid).toBeNull();
    await lazy.close();
    expect(host.pid).toBeGreaterThan(0);
  });

  it.each([
    ['write', join(tmpdir(), 'banyan-containment-test'), 'ERR_ACCESS_DENIED'],
    ['read', process.execPath, 'ERR_ACCESS_DENIED'],
    ['read', join(process.cwd(), 'README.md'), 'ERR_ACCESS_DENIED'],
    ['read', file, 'done'],
    ['run', '', 'ERR_ACCESS_DENIED'],
    ['thread', '', 'ERR_ACCESS_DENIED'],
    ['addon', '/nonexistent.node', 'ERR_DLOPEN_DISABLED'],
  ])('lets a plugin %s %s: %s', async (deed, target, outcome) => {
    expect(await used().deed({ deed, target })).toBe(outcome);
  });

  it('shows a plugin nothing of the environment', async () => {
    expect(await used().environment()).toEqual({ env: {}, argv: [] });
  });

  it('ends a plugin that holds its thread, and starts it again with its config and its last known state', async () => {
    await used().note('before');
    await plugins.snapshot();
    await used().note('after the snapshot');
    expect(await ask('runaway')).toBeUndefined();
    expect(await logged(/held its thread/)).toMatch('its worker ended: it held its thread for more than 2000 ms');
    await logged(/up again/);
    expect(await greeting()).toBe('allow_agent_spawn: plugin misbehaving refused: good day');
    expect(await used().note()).toEqual(['before']);
  });

  it('ends a plugin that takes too much memory, and starts it again', async () => {
    const failure = await failureOf(() => used().hoard());
    expect(failure).toEqual({ code: 'PLUGIN_FAILED', message: 'misbehaving.hoard: it ran out of memory' });
    await logged(/up again/);
    expect(await greeting()).toMatch('good day');
  });

  it.each([
    ['crash', 'it threw outside of any call: nobody catches this'],
    ['exit', 'it exited with 3'],
  ] as const)('survives a plugin that ends by %s', async (way, message) => {
    expect((await failureOf(() => used()[way]())).message).toBe(`misbehaving.${way}: ${message}`);
    await logged(/up again/);
    expect(await greeting()).toMatch('good day');
  });

  it('is started again itself when a plugin kills its process', async () => {
    const pid = host.pid;
    expect((await failureOf(() => used().kill())).message).toBe('misbehaving.kill: the plugin host ended with SIGKILL');
    await logged(/up again/);
    expect(host.pid).not.toBe(pid);
    expect(await greeting()).toMatch('good day');
  });

  it('fails calls at once while a plugin is down, and does not hold up its neighbours', async () => {
    const after = plugins.report()[1]?.calls;
    await failureOf(() => used().exit());
    await ask('polite');
    expect(plugins.findings().at(-1)).toMatchObject({
      plugin: 'misbehaving',
      message: expect.stringMatching(/^its worker is/),
    });
    expect(plugins.report()[1]?.calls).toBe((after ?? 0) + 1);
    await logged(/up again/);
  });

  it('hands on what a plugin prints, but not without end', async () => {
    await used().shout(500);
    await logged(/^line 50$/);
    expect(printed.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => `line ${i + 1}`));
    expect(printed).not.toContain('line 500');
  });
});

describe('a plugin that ends too often', () => {
  it('stays down until it is loaded anew', async () => {
    const log = watchedLog();
    const host = new PluginHost({ restart: { ...RESTART, pauseMs: 1, restartsMax: 1 } });
    const definition = await host.open({ file });
    const plugins = await loadPlugins([definition], {
      kernel: noKernel,
      log: (_plugin, _level, message) => log.add(message),
    });
    await failureOf(() => plugins.use(misbehaving).exit());
    await log.wait(/up again/);
    await failureOf(() => plugins.use(misbehaving).exit());
    expect((await failureOf(() => plugins.use(misbehaving).note())).message).toBe(
      'misbehaving.note: its worker ended too often and stays down: it exited with 3',
    );
    await plugins.load(await host.open({ file }));
    expect(await plugins.use(misbehaving).note('again')).toEqual(['again']);
    await plugins.close();
    await host.close();
  });
});

describe('the self-test', () => {
  it('finds everything that a worker without permissions may do', async () => {
    expect(await allowedDeeds({})).toEqual([
      'write a file',
      'read a file of somebody else',
      'start a program',
      'start a worker',
      'load an addon',
      'see the environment',
    ]);
  });
});

describe('a module that is no plugin', () => {
  it.each([
    ['does not exist', './fixtures/missing.ts', /Cannot find module/],
    ['exports no plugin', './fixtures/no-plugin.ts', /exports no plugin/],
  ])('is refused when it %s', async (_, path, message) => {
    const host = new PluginHost();
    await expect(host.open({ file: fileURLToPath(new URL(path, import.meta.url)) })).rejects.toThrow(message);
    await host.close();
  });
});

function watchedLog() {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  return {
    add: (line: string) => {
      lines.push(line);
      for (const look of waiting) look();
    },
    wait: (fits: RegExp) =>
      new Promise<string>((resolve) => {
        const look = () => {
          const line = lines.find((candidate) => fits.test(candidate));
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        look();
      }),
  };
}
