import type { Session, StartSession } from './runtime.ts';

/** Somebody outside does the work and tells the kernel with `completeTask` or `failTask`. */
export const startManual: StartSession<'manual'> = () => MANUAL;

const MANUAL: Session = {
  outlivesHost: true,
  run: () => null,
  stop: () => Promise.resolve(),
};
