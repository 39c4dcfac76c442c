import type { StartSession } from './runtime.ts';

/**
 * Runs a function of this process. It is asked to stop by its signal; JavaScript has no way to stop one that
 * does not listen, so the kernel lets such a run go after its grace and ignores what it still answers.
 */
export const startFunction: StartSession<'function'> = (spec, _agent, host) => ({
  outlivesHost: false,
  async run(task, attempt) {
    return await spec.run(task, host.functionRun(task, attempt));
  },
  stop: () => Promise.resolve(),
});
