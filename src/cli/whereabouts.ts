import type { Command } from 'commander';

/** The options by which a command finds its gateway. */
export function withWhereabouts(command: Command): Command {
  return command
    .option('--config <file>', 'the config file (default: banyan.yaml, banyan.yml or banyan.json here)')
    .option('--state <dir>', "the gateway's state folder (default: the config's)")
    .option('--json', 'print JSON');
}
