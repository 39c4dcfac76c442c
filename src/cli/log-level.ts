import { Option } from 'commander';

/** How much a long-running command says on stderr, as JSON lines. */
export function logLevelOption(): Option {
  return new Option('--log-level <level>', 'on stderr')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
}
