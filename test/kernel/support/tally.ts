import { z } from 'zod';
import { definePlugin } from '../../../src/contract/plugins.ts';

/** A plugin that remembers which agents were spawned, by role, in a state of every shape that a state may have. */
export const tally = definePlugin({
  name: 'tally',
  version: '1.0.0',
  says: 'remembers which agents were spawned',
  state: {
    version: 1,
    initial: () => ({
      ids: [] as string[],
      byRole: new Map<string, { count: number }>(),
      seen: new Set<string>(),
      last: new Date(0),
    }),
  },
  hooks: {
    on_agent_spawned({ agent }, { state, now, emit }) {
      state.ids.push(agent.id);
      const role = state.byRole.get(agent.role) ?? { count: 0 };
      state.byRole.set(agent.role, { count: role.count + 1 });
      state.seen.add(agent.role);
      state.last = new Date(now());
      emit('on_alert_raised', { id: 'tally:spawned', severity: 'critical', message: agent.id, atMs: now() });
    },
    on_agent_stopped: (_event, { emit, now }) => emit('on_alert_resolved', { id: 'tally:spawned', atMs: now() }),
  },
  capabilities: {
    all: { says: 'all that it remembers', input: z.undefined(), output: z.unknown() },
    ids: { says: 'the ids', input: z.undefined(), output: z.array(z.string()) },
  },
  serve: { all: (_input, { state }) => structuredClone(state), ids: (_input, { state }) => state.ids },
});
