import { userInfo } from 'node:os';
import { Argument, type Command } from 'commander';
import { BanyanError } from '../../contract/errors.ts';
import type { AuditLine, Ppm } from '../../contract/policy.ts';
import { STAGE_NAMES, type Stage } from '../../contract/stages.ts';
import type { EntityMoves } from '../../store/store.ts';
import { AdminClient, errorCode, type Whereabouts } from '../admin-client.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { parseShare, showShare } from '../share.ts';
import { withWhereabouts } from '../whereabouts.ts';

type MoveOptions = Whereabouts & { readonly reason?: string; readonly json?: boolean };
type Moved = { readonly audit: AuditLine; readonly entities: EntityMoves };

/** `stage`, its short forms, `rollback` and `resume`: all that changes a policy. */
export function addStage(program: Command, context: CommandContext): void {
  addLongForm(program, context);
  for (const stage of ['shadow', 'live', 'done'] as const) addShortForm(program, stage, context);
  addRamp(program, context);
  addRollback(program, context);
  addResume(program, context);
}

function addLongForm(program: Command, { output }: CommandContext): void {
  moving(program.command('stage').description('move a type to a stage'))
    .argument('<type>')
    .addArgument(new Argument('<stage>').choices(STAGE_NAMES))
    .option('--share <share>', 'at ramp: the share of callers that V2 serves, such as 5%', parseShare)
    .action((type: string, stage: Stage, options: MoveOptions & { share?: Ppm }) =>
      moveStage(type, stage, options.share, options, output),
    );
}

function addShortForm(program: Command, stage: 'shadow' | 'live' | 'done', { output }: CommandContext): void {
  moving(program.command(stage).description(SHORT_FORMS[stage]))
    .argument('<type>')
    .action((type: string, options: MoveOptions) => moveStage(type, stage, undefined, options, output));
}

const SHORT_FORMS = {
  shadow: 'legacy answers, V2 gets a copy of each call and is compared',
  live: 'V2 answers every caller, legacy is kept warm',
  done: 'V2 alone',
};

function addRamp(program: Command, { output }: CommandContext): void {
  moving(program.command('ramp').description('V2 answers a share of the callers'))
    .argument('<type>')
    .argument('<share>', 'such as 5%', parseShare)
    .action((type: string, share: Ppm, options: MoveOptions) => moveStage(type, 'ramp', share, options, output));
}

type AllMoved = { readonly types: readonly Moved[]; readonly failed: readonly Failed[] };
type Failed = { readonly type: string; readonly error: { readonly code: string; readonly message: string } };

function addRollback(program: Command, { output, exit }: CommandContext): void {
  moving(program.command('rollback').description('back to legacy, at once'))
    .argument('[type]')
    .option('--all', 'every type that V2 answers callers of')
    .action(async (type: string | undefined, options: MoveOptions & { all?: boolean }) => {
      if ((type === undefined) === (options.all !== true)) {
        throw new BanyanError('BAD_INPUT', 'rollback: expected either a type or --all');
      }
      const client = await AdminClient.find(options);
      if (type !== undefined)
        return print(await client.post<Moved>(`${pathOf(type)}/rollback`, wishOf(options)), options, output);
      const answer = await client.post<AllMoved>('/v1/rollback', wishOf(options));
      if (answer.failed.length > 0) exit(EXIT.refused);
      if (options.json) return output.json(answer);
      for (const moved of answer.types) tell(moved, output);
      for (const { type: failed, error } of answer.failed)
        output.error(new BanyanError(errorCode(error.code), `${failed} was not rolled back: ${error.message}`));
      if (answer.types.length + answer.failed.length === 0)
        output.note('V2 answers callers of no type: nothing to roll back.');
    });
}

function addResume(program: Command, { output }: CommandContext): void {
  moving(program.command('resume').description('put the stage that a rollback suspended back in force'))
    .argument('<type>')
    .action(async (type: string, options: MoveOptions) => {
      const client = await AdminClient.find(options);
      print(await client.post<Moved>(`${pathOf(type)}/resume`, wishOf(options)), options, output);
    });
}

function moving(command: Command): Command {
  return withWhereabouts(command).option('--reason <text>', 'why; goes into the audit log');
}

async function moveStage(
  type: string,
  stage: Stage,
  sharePpm: Ppm | undefined,
  options: MoveOptions,
  output: Output,
): Promise<void> {
  const client = await AdminClient.find(options);
  const body = { ...wishOf(options), stage, ...(sharePpm === undefined ? {} : { sharePpm }) };
  print(await client.post<Moved>(`${pathOf(type)}/stage`, body), options, output);
}

function pathOf(type: string): string {
  return `/v1/types/${encodeURIComponent(type)}`;
}

function wishOf({ reason }: MoveOptions): object {
  return { actor: userInfo().username, ...(reason === undefined ? {} : { reason }) };
}

function print(moved: Moved, options: MoveOptions, output: Output): void {
  if (options.json) output.json(moved);
  else tell(moved, output);
}

function tell({ audit, entities }: Moved, output: Output): void {
  const { type, before, after } = audit;
  const was = before === null ? 'off' : stageText(before);
  output.data(`${type}: ${was} → ${stageText(after)} (revision ${after.revision})`);
  if (entities.moved + entities.draining > 0 || audit.action === 'rollback') {
    output.data(`${entities.moved} entities moved to legacy, ${entities.draining} stay with V2 until they end`);
  }
}

function stageText({ stage, sharePpm, rolledBack }: AuditLine['after']): string {
  const share = stage === 'ramp' ? ` ${showShare(sharePpm)}` : '';
  return rolledBack === null ? `${stage}${share}` : `${stage}${share}, rolled back`;
}
