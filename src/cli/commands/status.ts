import type { Command } from 'commander';
import type { StatusView, TypeView } from '../../gateway/admin/views.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import type { Output } from '../output.ts';
import { showShare } from '../share.ts';
import { table } from '../table.ts';
import { withWhereabouts } from '../whereabouts.ts';

export function addStatus(program: Command, { output }: CommandContext): void {
  withWhereabouts(program.command('status').description('where every type stands')).action(
    async (options: Whereabouts & { json?: boolean }) => {
      const client = await AdminClient.find(options);
      const status = await client.get<StatusView>('/v1/status');
      if (options.json) output.json(status);
      else output.data(statusText(status, output));
    },
  );
}

function statusText(status: StatusView, output: Output): string {
  const header = ['type', 'stage', 'share', 'calls legacy', 'calls v2', 'match', 'dropped', 'owned by v2', 'note'];
  const rows = status.types.map((view) => typeRow(view, output));
  const counted = Object.entries(status.counters).filter(([, value]) => value > 0);
  const counters = counted.map(([name, value]) => `${name} ${value}`).join(', ');
  const notes = [
    `data: ${status.data ?? 'does not listen'}`,
    ...configNotes(status, output),
    ...status.types.flatMap(outNotes),
    ...workerNotes(status, output),
    ...(counters === '' ? [] : [`counted: ${counters}`]),
  ];
  return [table(header, rows, [2, 3, 4, 5, 6, 7]), '', ...notes].join('\n');
}

/** Instances that get no calls now. */
function outNotes({ type, instances }: TypeView): readonly string[] {
  return (['legacy', 'v2'] as const).flatMap((side) =>
    (['calls', 'copies'] as const).flatMap((purpose) =>
      instances[side][purpose].flatMap(({ url, state, outForMs }) => {
        if (state === 'in') return [];
        const until = outForMs === null ? 'one call is trying it' : `tried again in ${Math.ceil(outForMs / 1000)} s`;
        return [`${type} ${side}: ${url} failed and gets no ${purpose}, ${until}`];
      }),
    ),
  );
}

function configNotes({ config }: StatusView, { colours }: Output): readonly string[] {
  const { file, revision, loadedAtMs, lastError } = config;
  const inForce = `config: revision ${revision} of ${new Date(loadedAtMs).toISOString()}, from ${file}`;
  if (lastError === null) return [inForce];
  const { atMs, message } = lastError;
  return [inForce, `${colours.red('config not loaded')} at ${new Date(atMs).toISOString()}:\n${message}`];
}

function workerNotes({ workers }: StatusView, { colours }: Output): readonly string[] {
  if (workers === null) return [];
  const { expected, serving, restarts, held, rolling, list } = workers;
  const each = list.map(({ pid, state, connections }) => `${pid} ${state} (${connections} connections)`).join(', ');
  const said = `workers: ${serving} of ${expected} serve, ${restarts} restarts: ${each}`;
  const notes = [serving < expected ? colours.red(said) : said];
  if (rolling) notes.push('workers are being replaced one by one');
  if (held) notes.push(colours.red('workers die one after the other: the next start waits; see the log'));
  return notes;
}

function typeRow({ type, policy, calls, entities }: TypeView, { colours }: Output): readonly string[] {
  return [
    type,
    policy.rolledBack === null ? policy.stage : colours.red(`${policy.stage} (rolled back)`),
    showShare(policy.sharePpm),
    String(calls.answered.legacy),
    String(calls.answered.v2),
    calls.compared === 0 ? '-' : `${((100 * calls.matched) / calls.compared).toFixed(2)}%`,
    String(calls.dropped),
    String(entities.owned.v2),
    policy.rolledBack === null ? '' : `by ${policy.rolledBack.by}: ${policy.rolledBack.reason}`,
  ];
}
