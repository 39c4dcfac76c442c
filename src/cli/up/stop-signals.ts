import { constants } from 'node:os';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Resolves at the first SIGTERM or SIGINT. Whoever sends a second one does not want to wait for the end of what is
 * in flight: `atOnce` does what must be done synchronously, then the process ends with 128 + the signal's number.
 */
export function stopSignal(atOnce: (signal: StopSignal) => void): Promise<StopSignal> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (!stopping) {
          stopping = true;
          resolve(signal);
          return;
        }
        atOnce(signal);
        process.exit(128 + constants.signals[signal]);
      });
    }
  });
}
