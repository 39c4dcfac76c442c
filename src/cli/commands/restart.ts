import type { Command } from 'commander';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { withWhereabouts } from '../whereabouts.ts';

/** Each worker may take as long to end as its calls do. */
const ANSWER_MS = 3_600_000;

export function addRestart(program: Command, { output }: CommandContext): void {
  withWhereabouts(
    program.command('restart').description('replace the workers of `up --workers` one by one; no call fails'),
  ).action(async (options: Whereabouts & { json?: boolean }) => {
    const client = await AdminClient.find(options);
    const restarted = await client.post<{ readonly replaced: number }>('/v1/restart', {}, ANSWER_MS);
    if (options.json) output.json(restarted);
    else output.data(`${restarted.replaced} workers have been replaced`);
  });
}
