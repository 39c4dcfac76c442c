import { chmodSync, lstatSync, type Stats, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { BanyanError } from '../contract/errors.ts';

/** How long a socket that is there may think about whether anybody listens on it. */
const PROBE_MS = 1000;

/**
 * Makes way for a Unix socket: what a gateway that was killed has left behind is removed. A socket that somebody
 * answers on is not taken away, and neither is a file of any other kind.
 *
 * @throws BanyanError BAD_CONFIG when the path is taken
 */
export async function makeWay(path: string): Promise<void> {
  const before = lstatSync(path, { throwIfNoEntry: false });
  if (before === undefined) return;
  if (!before.isSocket()) throw taken(path, 'a file that is no socket stands there');
  if (await isAnswered(path)) throw taken(path, 'somebody listens on it already');
  // Somebody may have made it anew meanwhile.
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now === undefined) return;
  if (!isSame(before, now)) throw taken(path, 'somebody else is taking it');
  unlinkSync(path);
}

/** Until this is done, others may connect as the process's umask lets them: as a rule, nobody but its user. */
export function giveMode(path: string, mode: number): void {
  chmodSync(path, mode);
}

/** Only a refusal says that nobody is there. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answered = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(PROBE_MS, () => answered(true));
    socket.on('connect', () => answered(true));
    socket.on('error', (error: NodeJS.ErrnoException) => answered(error.code !== 'ECONNREFUSED'));
  });
}

function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.ctimeMs === b.ctimeMs;
}

function taken(path: string, why: string): BanyanError {
  return new BanyanError('BAD_CONFIG', `the socket ${path} cannot be opened: ${why}`);
}
