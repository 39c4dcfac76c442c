import type { Socket } from 'node:net';
import type { Command } from 'commander';
import type { ToWorker } from '../../cluster/messages.ts';
import type { Channel } from '../../cluster/worker.ts';
import { BanyanError } from '../../contract/errors.ts';
import { keepLittleRoomForNewObjects } from '../up/room-for-new-objects.ts';

/** What reaches a worker from its terminal or its service's group is the supervisor's to act on. */
const SIGNALS_OF_THE_SUPERVISOR = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'] as const;

/** One of the processes of `up --workers`; started by it alone. */
export function addWorker(program: Command): void {
  program.command('worker', { hidden: true }).action(async () => {
    if (process.send === undefined)
      throw new BanyanError('BAD_INPUT', 'workers are started by `banyan up --workers N`');
    for (const signal of SIGNALS_OF_THE_SUPERVISOR) process.on(signal, () => undefined);
    keepLittleRoomForNewObjects();
    const { runWorker } = await import('../../cluster/worker.ts');
    const { channel, flushed } = channelOf(process);
    await runWorker(channel);
    await flushed();
    process.exit(); // whatever keeps the loop alive is nobody's any more
  });
}

function channelOf(worker: NodeJS.Process): { channel: Channel; flushed: () => Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  const channel: Channel = {
    send: (message) => {
      if (!worker.connected) return;
      last = new Promise((resolve) => {
        worker.send?.(message, undefined, {}, () => resolve());
      });
    },
    onMessage: (listener) =>
      void worker.on('message', (message, socket) => listener(message as ToWorker, socket as Socket | undefined)),
    onEnd: (listener) => void worker.on('disconnect', listener),
  };
  return { channel, flushed: () => last };
}
