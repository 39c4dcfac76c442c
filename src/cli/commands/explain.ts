import { type Command, InvalidArgumentError } from 'commander';
import type { ExplainView } from '../../gateway/admin/views.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { table } from '../table.ts';
import { withWhereabouts } from '../whereabouts.ts';

type ExplainOptions = Whereabouts & {
  readonly header: readonly (readonly [string, string])[];
  readonly address?: string;
  readonly body?: string;
  readonly json?: boolean;
};

export function addExplain(program: Command, { output, exit }: CommandContext): void {
  withWhereabouts(
    program.command('explain').description('why a call goes where it goes, rule by rule; nothing is sent'),
  )
    .argument('<method>')
    .argument('<path>', 'with its query')
    .option('-H, --header <header>', "'name: value'; may be repeated", collectHeader, [])
    .option('--address <address>', "the caller's address")
    .option('--body <json>', 'the body, where an id stands in it')
    .action(async (method: string, target: string, options: ExplainOptions) => {
      const { header: headers, address, body } = options;
      const client = await AdminClient.find(options);
      const request = { method: method.toUpperCase(), target, headers, address, body };
      const view = await client.post<ExplainView>('/v1/explain', request);
      if (options.json) output.json(view);
      else output.data(explainText(view, output));
      if (view.refused !== null) exit(EXIT.refused);
    });
}

function collectHeader(text: string, collected: readonly (readonly [string, string])[]) {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(`expected 'name: value', got ${JSON.stringify(text)}`);
  return [...collected, [name, value ?? ''] as const];
}

function explainText(view: ExplainView, { colours }: Output): string {
  if (view.refused !== null)
    return `refused: ${view.refused.message}\nhint: ${view.refused.hint} [${view.refused.code}]`;
  const rows = view.why.map(({ rule, says, side }) => [rule, says, side === null ? '' : colours.bold(side)]);
  return [
    `${view.type}.${view.operation} (${view.effect})`,
    table(['rule', 'says', 'side'], rows),
    `primary ${colours.bold(view.primary ?? '-')} at ${view.upstream ?? 'no address yet'}, candidate ${view.candidate ?? 'none'}`,
  ].join('\n');
}
