import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../context.ts';
import { logLevelOption } from '../log-level.ts';

type V2Options = {
  readonly types: readonly string[];
  readonly port: number;
  readonly state?: string;
  readonly faults?: boolean;
  readonly exitWithParent?: boolean;
  readonly logLevel: string;
};

export function addV2(program: Command, _context: CommandContext): void {
  program
    .command('v2')
    .description('the v2 host: OrchestratorV2 behind the legacy interfaces; `banyan up` starts it by itself')
    .requiredOption('--types <types>', 'comma-separated', (text: string) => text.split(','))
    .option('--port <port>', '0: any free one', parsePort, 0)
    .option('--state <dir>', 'where agents and tasks are kept; without it nothing outlives the host')
    .option('--faults', 'take faults at POST /-/fault (demo and tests only)')
    .option('--exit-with-parent', 'end when standard input closes')
    .addOption(logLevelOption())
    .action(async ({ types, port, state, faults = false, exitWithParent = false, logLevel }: V2Options) => {
      if (exitWithParent) stopWhenInputCloses();
      const { runHost } = await import('../../host/run.ts');
      await runHost({ types, port, faults, logLevel, stateDir: state === undefined ? null : resolve(state) });
      // An open input would keep the process.
      process.stdin.destroy();
    });
}

/** A parent that is killed cannot say good-bye, but its end of the pipe closes. */
function stopWhenInputCloses(): void {
  process.stdin.resume();
  process.stdin.unref(); // listened to, but no reason to live on after a stop
  process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM'));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('expected 0 to 65535');
  return port;
}
