/** What the compiler holds plugin authors to; `tsc` fails when a line below is no longer an error. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CapabilitiesOf, definePlugin } from '../../../src/contract/plugins.ts';
import { load } from './support.ts';

const base = { name: 'typed', version: '1.0.0', says: 'is typed' } as const;

describe('the types of a plugin', () => {
  it('follow from its state, config and capabilities', async () => {
    const typed = definePlugin({
      ...base,
      state: { version: 1, initial: () => ({ ids: new Set<string>() }) },
      config: z.object({ max: z.number().default(2) }),
      hooks: {
        allow_agent_spawn(event, { state, config }) {
          if (state.ids.size >= config.max) return { veto: event.role };
          // @ts-expect-error: a setting that the schema does not have
          config.min;
          // @ts-expect-error: the set holds text
          state.ids.has(3);
          return undefined;
        },
      },
      capabilities: { size: { says: 'how many', input: z.undefined(), output: z.number() } },
      serve: { size: (_input, { state }) => state.ids.size },
    });
    const size: number = await (await load([typed])).use(typed).size();
    expect(size).toBe(0);
  });

  it('refuse hooks, patches, answers, writes and capabilities that do not exist', () => {
    definePlugin({
      ...base,
      // @ts-expect-error: no such hook
      hooks: { on_nothing: () => {} },
    });
    definePlugin({
      ...base,
      hooks: {
        // @ts-expect-error: a deadline is a number or 'never'
        before_task_delegate: () => ({ runMs: 'soon' }),
      },
    });
    definePlugin({
      ...base,
      hooks: {
        // @ts-expect-error: the id of a task cannot be patched
        before_task_complete: () => ({ task: 'other' }),
      },
    });
    definePlugin({
      ...base,
      hooks: {
        // @ts-expect-error: a guard answers with a veto or nothing
        allow_task_delegate: () => false,
      },
    });
    definePlugin({
      ...base,
      // @ts-expect-error: ids are not writable
      writes: { before_agent_spawn: { agentId: 'exclusive' } },
      hooks: { before_agent_spawn: () => undefined },
    });
    const silent = definePlugin({ ...base, hooks: {} });
    // @ts-expect-error: it has no capabilities
    const none: keyof CapabilitiesOf<typeof silent> = 'anything';
    expect(none).toBe('anything');
  });
});
