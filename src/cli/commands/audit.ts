import { type Command, InvalidArgumentError } from 'commander';
import type { AuditLine } from '../../contract/policy.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { showShare } from '../share.ts';
import { table } from '../table.ts';
import { withWhereabouts } from '../whereabouts.ts';

type AuditOptions = Whereabouts & { readonly limit: number; readonly json?: boolean };

export function addAudit(program: Command, { output }: CommandContext): void {
  withWhereabouts(program.command('audit').description('who moved what, when and why; newest first'))
    .argument('[type]')
    .option('--limit <n>', 'lines at most', parseLimit, 100)
    .action(async (type: string | undefined, options: AuditOptions) => {
      const client = await AdminClient.find(options);
      const query = new URLSearchParams({ limit: String(options.limit), ...(type === undefined ? {} : { type }) });
      const answer = await client.get<{ readonly lines: readonly AuditLine[] }>(`/v1/audit?${query}`);
      if (options.json) output.json(answer);
      else output.data(table(['#', 'at', 'type', 'who', 'what', 'to', 'why'], answer.lines.map(auditRow), [0]));
    });
}

function auditRow({ sequence, atMs, type, actor, action, after, reason }: AuditLine): readonly string[] {
  const to = after.stage === 'ramp' ? `ramp ${showShare(after.sharePpm)}` : after.stage;
  return [String(sequence), new Date(atMs).toISOString(), type, actor, action, to, JSON.stringify(reason).slice(1, -1)];
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new InvalidArgumentError('expected 1 to 10000');
  return limit;
}
