import type { Benchmark } from '../config.ts';

/** Tasks of one burst. */
const BURST = 50;

/** What is measured unless the config adds to it. Everything runs on rehearsal agents and touches nothing outside. */
export const SUITE = {
  spawn_agent: {
    says: 'spawn an agent',
    async once({ kernel, agent }) {
      const id = await agent();
      return () => kernel.shutdownAgent(id, { graceful: false });
    },
  },
  delegate_task: {
    says: 'delegate a task to an idle agent',
    setUp: async ({ agent }) => void (await agent()),
    async once({ delegate, completed }) {
      const { id } = await delegate();
      return () => completed(id);
    },
  },
  task_round_trip: {
    says: 'delegate a task and learn that it completed',
    setUp: async ({ agent }) => void (await agent()),
    async once({ delegate, completed }) {
      await completed((await delegate()).id);
      return undefined;
    },
  },
  burst: {
    says: `delegate ${BURST} tasks at once to 5 agents and learn that all completed`,
    async setUp({ agent }) {
      for (let i = 0; i < 5; i++) await agent();
    },
    async once({ delegate, completed }) {
      const tasks = await Promise.all(Array.from({ length: BURST }, delegate));
      await Promise.all(tasks.map(({ id }) => completed(id)));
      return undefined;
    },
  },
} as const satisfies Readonly<Record<string, Benchmark>>;
