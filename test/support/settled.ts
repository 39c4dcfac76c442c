import { setTimeout as pause } from 'node:timers/promises';

/** Resolves with a number once it has not changed for a while, such as bytes that are no longer taken. */
export async function settled(read: () => number): Promise<number> {
  const SAME_MAX = 20;
  let last = read();
  for (let same = 0; same < SAME_MAX; same += 1) {
    await pause(10);
    const now = read();
    if (now !== last) same = 0;
    last = now;
  }
  return last;
}
