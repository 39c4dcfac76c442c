import type { RuntimeSpec } from '../../../src/contract/agents.ts';

const AGENT = new URL('./agent-process.mjs', import.meta.url).pathname;

/** An agent in a process of its own. `mode`: how it behaves; `port`: it connects there as it starts. */
export function program(mode = 'ready', port?: number): RuntimeSpec {
  return {
    kind: 'process',
    command: process.execPath,
    args: [AGENT, mode, ...(port === undefined ? [] : [`${port}`])],
  };
}
