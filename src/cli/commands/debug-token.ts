import { type Command, InvalidArgumentError } from 'commander';
import { TOKEN_MINUTES_MAX } from '../../gateway/telemetry/debug-tokens.ts';
import { AdminClient, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { withWhereabouts } from '../whereabouts.ts';

type DebugTokenOptions = Whereabouts & { readonly type?: string; readonly minutes?: number; readonly json?: boolean };

type Signed = { readonly header: string; readonly token: string; readonly expiresAtMs: number };

export function addDebugToken(program: Command, { output }: CommandContext): void {
  withWhereabouts(
    program.command('debug-token').description('a token by which a client sees how its calls are decided'),
  )
    .option('--type <type>', 'good for calls of this type only')
    .option('--minutes <n>', `until it expires, at most ${TOKEN_MINUTES_MAX}`, parseMinutes, 15)
    .action(async ({ type, minutes, ...options }: DebugTokenOptions) => {
      const client = await AdminClient.find(options);
      const signed = await client.post<Signed>('/v1/debug-token', { minutes, ...(type === undefined ? {} : { type }) });
      if (options.json) output.json(signed);
      else {
        output.data(signed.token);
        output.note(`send it as ${signed.header}; it is good until ${new Date(signed.expiresAtMs).toISOString()}`);
      }
    });
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= TOKEN_MINUTES_MAX) return minutes;
  throw new InvalidArgumentError(`expected more than 0 and at most ${TOKEN_MINUTES_MAX}`);
}
