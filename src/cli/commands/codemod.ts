import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';

type CodemodOptions = {
  readonly write?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
  readonly allowDirty?: boolean;
  readonly module: readonly string[];
};

export function addCodemod(program: Command, { output, exit }: CommandContext): void {
  program
    .command('codemod')
    .description("rewrite callers' imports of a legacy module; prints a unified diff unless told to write")
    .argument('<name>', 'kernel')
    .argument('<paths...>')
    .option('--write', 'change the files')
    .option('--check', 'no diff: only say whether work is left')
    .option('--json', 'print JSON')
    .option('--allow-dirty', 'write even when the git tree has uncommitted changes')
    .option('--module <specifier=type>', 'a further specifier or path that is a legacy module', collect, [])
    .action(async (name: string, paths: readonly string[], options: CodemodOptions) => {
      const { write = false, check = false, json = false, allowDirty = false, module: modules } = options;
      // Not before it is needed: the other commands start without it.
      const { codemodCommand } = await import('../../../codemods/cli.ts');
      const given = { name, paths, cwd: process.cwd(), write, check, json, allowDirty, modules };
      exit(await codemodCommand(given, output.streams));
    });
}

function collect(text: string, collected: readonly string[]): readonly string[] {
  return [...collected, text];
}
