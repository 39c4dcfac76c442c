import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { WIRES } from '../../../adapters/wires.ts';
import { ConfigError, formatProblem, loadConfig } from '../../config/index.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { logLevelOption } from '../log-level.ts';
import { configFile } from './validate.ts';

type UpOptions = {
  readonly config?: string;
  readonly workers: number;
  readonly logLevel: string;
  readonly faults?: boolean;
};

/**
 * By default they would end a gateway that starts. Nothing is lost when they do nothing until it runs: it looks at its
 * config once more then, and its workers are new.
 */
const SIGNALS_OF_A_RUNNING_GATEWAY = ['SIGHUP', 'SIGUSR2'] as const;

export function addUp(program: Command, { output, exit }: CommandContext): void {
  program
    .command('up')
    .description('run the gateway, and the v2 host with it; ends on SIGTERM or Ctrl-C')
    .option('--config <file>', 'the config file (default: banyan.yaml, banyan.yml or banyan.json here)')
    .addOption(new Option('--workers <n>', 'processes that serve the data port').default(1).argParser(workersOf))
    .addOption(logLevelOption())
    .addOption(new Option('--faults', 'let the v2 host take faults (demo and tests only)').hideHelp())
    .action(async (options: UpOptions) => {
      for (const signal of SIGNALS_OF_A_RUNNING_GATEWAY) process.on(signal, () => undefined);
      try {
        const file = resolve(await configFile(options.config));
        const config = await loadConfig(file, WIRES);
        const { runGateway } = await import('../up/run.ts');
        await runGateway({
          config,
          file,
          builtIn: WIRES,
          workers: options.workers,
          logLevel: options.logLevel,
          faults: options.faults ?? false,
          onReady: ({ data, admin }) => output.data(`banyan ready data=${data} admin=${admin}`),
        });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        for (const problem of error.problems) output.note(formatProblem(problem));
        exit(EXIT.usage);
      }
    });
}

const WORKERS_MAX = 64;

function workersOf(text: string): number {
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw new InvalidArgumentError(`expected a number from 1 to ${WORKERS_MAX}`);
}
