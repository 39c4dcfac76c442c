import { type Command, Option } from 'commander';
import { type Report, renderMarkdown, renderText } from '../../../shadow/report/index.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { withWhereabouts } from '../whereabouts.ts';

type ReportOptions = Whereabouts & { readonly format: 'text' | 'json' | 'markdown'; readonly json?: boolean };

export function addReport(program: Command, { output }: CommandContext): void {
  withWhereabouts(
    program.command('report').description("what the shadow found: match rate, differences, both sides' latencies"),
  )
    .argument('<type>')
    .addOption(new Option('--format <format>').choices(['text', 'json', 'markdown']).default('text'))
    .action(async (type: string, options: ReportOptions) => {
      const client = await AdminClient.find(options);
      const report = await client.get<Report>(`/v1/types/${encodeURIComponent(type)}/report`);
      if (options.json || options.format === 'json') output.json(report);
      else if (options.format === 'markdown') output.data(renderMarkdown(report));
      else output.data(renderText(report, { colours: output.colours, width: output.width }));
    });
}
