import { setTimeout as sleep } from 'node:timers/promises';
import type { Surroundings } from '../../src/contract/adapter.ts';

/** The clock and the timers of the machine. */
export const SYSTEM: Surroundings = {
  nowMs: () => performance.timeOrigin + performance.now(),
  sleep: (ms) => sleep(ms),
};
