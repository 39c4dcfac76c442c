import { Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addCodemod } from './commands/codemod.ts';
import { addDebugToken } from './commands/debug-token.ts';
import { addExplain } from './commands/explain.ts';
import { addReload } from './commands/reload.ts';
import { addReport } from './commands/report.ts';
import { addRestart } from './commands/restart.ts';
import { addStage } from './commands/stage.ts';
import { addStatus } from './commands/status.ts';
import { addUp } from './commands/up.ts';
import { addV2 } from './commands/v2.ts';
import { addValidate } from './commands/validate.ts';
import { addWorker } from './commands/worker.ts';
import type { CommandContext } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { Output, type Streams } from './output.ts';

/** Each adds one command, or a family of short forms, to the program. */
const COMMANDS: readonly ((program: Command, context: CommandContext) => void)[] = [
  addUp,
  addValidate,
  addReload,
  addRestart,
  addStatus,
  addStage,
  addReport,
  addExplain,
  addDebugToken,
  addAudit,
  addCodemod,
  addV2,
  addWorker,
];

/** Runs one command line; gives the exit code and never throws. */
export async function run(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  const output = new Output(streams);
  let code: ExitCode = EXIT.ok;
  const program = buildProgram({
    output,
    exit: (given) => {
      code = given;
    },
  });
  try {
    await program.parseAsync([...argv]);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return output.error(error);
  }
}

export function buildProgram(context: CommandContext): Command {
  const { stdout, stderr } = context.output.streams;
  const program = new Command('banyan')
    .description('Moves live traffic from many legacy services to one, a type at a time.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError('(banyan --help lists the commands)')
    .showSuggestionAfterError();
  for (const add of COMMANDS) add(program, context);
  return program;
}
