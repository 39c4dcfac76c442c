import type { Agent, RuntimeSpec } from '../../contract/agents.ts';
import { startFunction } from './function.ts';
import { startManual } from './manual.ts';
import { startRehearsal } from './rehearsal.ts';
import type { RuntimeKind, Session, SessionHost, StartSession } from './runtime.ts';

export const RUNTIMES = {
  manual: startManual,
  function: startFunction,
  // Loaded when it is needed: child processes and sockets take 4 MB that most kernels never use.
  process: async (...args) => (await import('./process.ts')).startProcess(...args),
  rehearsal: startRehearsal,
} as const satisfies { readonly [K in RuntimeKind]: StartSession<K> };

/** Whether silence of the agent means that it is lost. A function lives as long as the host does. */
export const BEATS = {
  manual: true,
  function: false,
  process: true,
  rehearsal: false,
} as const satisfies Record<RuntimeKind, boolean>;

/** Whether the work goes on when the host dies: then its tasks are taken up, not driven again. */
export const OUTLIVES_HOST = {
  manual: true,
  function: false,
  process: false,
  rehearsal: false,
} as const satisfies Record<RuntimeKind, boolean>;

export function startSession(
  spec: RuntimeSpec,
  agent: Agent,
  host: SessionHost,
  signal: AbortSignal,
): Session | Promise<Session> {
  switch (spec.kind) {
    case 'manual':
      return RUNTIMES.manual(spec, agent, host, signal);
    case 'function':
      return RUNTIMES.function(spec, agent, host, signal);
    case 'process':
      return RUNTIMES.process(spec, agent, host, signal);
    case 'rehearsal':
      return RUNTIMES.rehearsal(spec, agent, host, signal);
  }
}

/** What an agent really runs on: as a rehearsal, what works outside is replaced; manual touches nothing by itself. */
export function performedBy(spec: RuntimeSpec, isRehearsal: boolean): RuntimeSpec {
  return isRehearsal && (spec.kind === 'function' || spec.kind === 'process') ? { kind: 'rehearsal' } : spec;
}
