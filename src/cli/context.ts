import type { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';

/** What every command gets: where to write, and how to say how it ended. */
export type CommandContext = {
  readonly output: Output;
  readonly exit: (code: ExitCode) => void;
};
