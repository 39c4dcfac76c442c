import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnyPlugin, definePlugin } from '../../../src/contract/plugins.ts';
import { failureOf, load, ManualStopwatch, plugin } from './support.ts';

const Alerts = definePlugin({
  name: 'alerts',
  version: '1.0.0',
  says: 'keeps alerts',
  state: { version: 1, initial: () => ({ open: ['disk'] }) },
  config: z.object({ prefix: z.string().default('!') }),
  hooks: {},
  capabilities: {
    alerts: {
      says: 'the alerts that stand',
      input: z.object({ only: z.string().optional() }).optional(),
      output: z.array(z.string()),
    },
    raise: { says: 'raises one', input: z.object({ name: z.string().min(1) }), output: z.number() },
    lie: { says: 'answers what it may not', input: z.undefined(), output: z.number() },
    hang: { says: 'never answers', input: z.undefined(), output: z.number() },
  },
  budgets: { capabilityMs: 100 },
  serve: {
    alerts: (input, { state, config }) =>
      state.open.filter((name) => name.includes(input?.only ?? '')).map((name) => config.prefix + name),
    raise: async ({ name }, { state }) => {
      if (state.open.includes(name)) throw new Error(`${name} stands already`);
      return state.open.push(name);
    },
    lie: () => 'three' as unknown as number,
    hang: () => new Promise<number>(() => {}),
  },
});

describe('the capabilities of a plugin', () => {
  it('are functions with the types of its definition', async () => {
    const plugins = await load([Alerts]);
    const alerts = plugins.use(Alerts);
    const opened: number = await alerts.raise({ name: 'memory' });
    const all: readonly string[] = await alerts.alerts();
    expect([opened, all]).toEqual([2, ['!disk', '!memory']]);
    expect(await alerts.alerts({ only: 'mem' })).toEqual(['!memory']);
    // @ts-expect-error: a name is text
    await expect(alerts.raise({ name: 3 })).rejects.toThrow();
    // @ts-expect-error: there is no such capability
    expect(alerts.lower).toBeUndefined();
  });

  it('check their input, and say what is wrong with it', async () => {
    const { code, message } = await failureOf(async () => (await load([Alerts])).use(Alerts).raise({ name: '' }));
    expect(code).toBe('BAD_INPUT');
    expect(message).toMatch(/^alerts\.raise: name: /);
  });

  it('check their output', async () => {
    const { code, message } = await failureOf(async () => (await load([Alerts])).use(Alerts).lie());
    expect(code).toBe('PLUGIN_FAILED');
    expect(message).toMatch(/^alerts\.lie answered: /);
  });

  it('hand what they throw to the caller, and count it', async () => {
    const plugins = await load([Alerts]);
    const failure = await failureOf(() => plugins.use(Alerts).raise({ name: 'disk' }));
    expect(failure).toEqual({ code: 'PLUGIN_FAILED', message: 'alerts.raise: disk stands already' });
    expect(plugins.report()[0]).toMatchObject({ calls: 1, errors: 1 });
  });

  it('have a deadline', async () => {
    const stopwatch = new ManualStopwatch();
    const plugins = await load([Alerts], { stopwatch });
    const answer = plugins.use(Alerts).hang();
    await Promise.resolve();
    stopwatch.advance(100);
    await expect(answer).rejects.toThrow('alerts.hang: no answer after 100 ms');
    expect(plugins.report()[0]).toMatchObject({ timeouts: 1, unsettled: 1 });
  });

  it('are gone with the plugin', async () => {
    const plugins = await load([Alerts]);
    const alerts = plugins.use(Alerts);
    await plugins.unload('alerts');
    expect(await failureOf(() => alerts.alerts())).toEqual({
      code: 'PLUGIN_GONE',
      message: 'alerts.alerts is not loaded',
    });
    expect(() => plugins.use(Alerts)).toThrow('alerts is not loaded');
  });

  it('are those of the new version after a swap, for whoever held the old ones', async () => {
    const plugins = await load([Alerts]);
    const alerts = plugins.use(Alerts);
    const next: AnyPlugin = { ...Alerts, version: '2.0.0', serve: { ...Alerts.serve, alerts: () => ['new'] } };
    await plugins.load(next);
    expect(await alerts.alerts()).toEqual(['new']);
  });

  it('may be used by a plugin that requires it, from its first hook on, and by no other', async () => {
    let seen: readonly string[] = [];
    const initialize = async (context: {
      use: (plugin: typeof Alerts) => { alerts: () => Promise<readonly string[]> };
    }) => {
      seen = await context.use(Alerts).alerts();
    };
    await load([plugin('a-user', { requires: ['alerts'], initialize: initialize as never }), Alerts]);
    expect(seen).toEqual(['!disk']);
    await expect(load([plugin('a-user', { initialize: initialize as never }), Alerts])).rejects.toThrow(
      'plugin a-user, initialize: plugin a-user uses alerts without requiring it',
    );
  });
});
