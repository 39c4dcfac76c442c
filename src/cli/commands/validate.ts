import type { Command } from 'commander';
import { WIRES } from '../../../adapters/wires.ts';
import {
  ConfigError,
  configWarnings,
  describeConfig,
  findConfig,
  formatProblem,
  loadConfig,
} from '../../config/index.ts';
import { BanyanError } from '../../contract/errors.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export function addValidate(program: Command, { output, exit }: CommandContext): void {
  program
    .command('validate')
    .description('check the config file; every problem with its place')
    .option('--config <file>', 'the config file (default: banyan.yaml, banyan.yml or banyan.json here)')
    .option('--json', 'print JSON')
    .action(async (options: { config?: string; json?: boolean }) => {
      try {
        const config = await loadConfig(await configFile(options.config), WIRES);
        const warnings = configWarnings(config);
        if (options.json) output.json({ schema: 1, valid: true, problems: [], warnings });
        else output.data(describeConfig(config));
        for (const warning of warnings) output.note(`warning: ${warning}`);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        if (options.json) output.json({ schema: 1, valid: false, problems: error.problems });
        else for (const problem of error.problems) output.note(formatProblem(problem));
        exit(EXIT.usage);
      }
    });
}

/** @throws BanyanError BAD_CONFIG when no file is named and none stands here */
export async function configFile(given: string | undefined): Promise<string> {
  const file = given ?? (await findConfig(process.cwd()));
  if (file === null || file === undefined) {
    throw new BanyanError(
      'BAD_CONFIG',
      'there is no banyan.yaml, banyan.yml or banyan.json in this folder, and no --config',
    );
  }
  return file;
}
