/** The v2 host as a program. */
import { once } from 'node:events';
import { pino } from 'pino';
import { type HostOptions, startHost } from './host.ts';

export type RunHostOptions = Pick<HostOptions, 'types' | 'stateDir' | 'port' | 'faults'> & {
  /** A level of pino; default `info`. */
  readonly logLevel?: string;
};

/**
 * Prints `banyan v2 ready URL` on stdout once it listens, logs to stderr, and resolves when SIGTERM or SIGINT has
 * ended it gracefully.
 */
export async function runHost({ logLevel = 'info', ...options }: RunHostOptions): Promise<void> {
  const logger = pino({ name: 'banyan-v2', level: logLevel }, pino.destination(2));
  const host = await startHost({ ...options, logger });
  // Whoever reads the line may signal at once.
  const stopped = stopSignal();
  process.stdout.write(`banyan v2 ready ${host.url}\n`);
  await stopped;
  await host.close();
}

async function stopSignal(): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(process, 'SIGTERM', { signal }), once(process, 'SIGINT', { signal })]);
  waiting.abort();
}
