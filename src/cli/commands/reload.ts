import type { Command } from 'commander';
import type { Reloaded } from '../../gateway/admin/config.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { withWhereabouts } from '../whereabouts.ts';

export function addReload(program: Command, { output }: CommandContext): void {
  withWhereabouts(program.command('reload').description('put the config file, as it is now, in force')).action(
    async (options: Whereabouts & { json?: boolean }) => {
      const client = await AdminClient.find(options);
      const reloaded = await client.post<Reloaded>('/v1/reload', {});
      if (options.json) output.json(reloaded);
      else output.data(reloadedText(reloaded));
    },
  );
}

function reloadedText({ config, change }: Reloaded): string {
  if (change === null) return `config revision ${config.revision} is in force already`;
  const parts = Object.entries(change).filter(([, types]) => types.length > 0);
  const what = parts.map(([verb, types]) => `${verb} ${types.join(', ')}`).join('; ');
  return `config revision ${config.revision} is in force: ${what === '' ? 'types in another order' : what}`;
}
