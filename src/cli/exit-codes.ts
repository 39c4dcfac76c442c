/** What a script can rely on; docs/cli.md lists the same. */
export const EXIT = {
  /** Done, or nothing to do. */
  ok: 0,
  /** The gateway, or the codemod, said no, or left work to do: the message says what. */
  refused: 1,
  /** The command line, the config or an input file is wrong: nothing was done. */
  usage: 2,
  /** No gateway answers: is it running, is --state right? */
  unreachable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
