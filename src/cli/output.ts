import pc from 'picocolors';
import { BanyanError } from '../contract/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

export type Streams = {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
};

/** Data goes to stdout, everything else to stderr. */
export class Output {
  readonly streams: Streams;
  readonly colours: ReturnType<typeof pc.createColors>;

  constructor(streams: Streams) {
    this.streams = streams;
    this.colours = pc.createColors(wantsColour(streams));
  }

  /** A table, a text, a line: what the command was asked for. */
  data(text: string): void {
    this.streams.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  }

  json(value: unknown): void {
    this.data(JSON.stringify(value, null, this.streams.stdout.isTTY ? 2 : 0));
  }

  note(text: string): void {
    this.streams.stderr.write(`${text}\n`);
  }

  /** An error with its hint; gives the exit code it stands for. */
  error(error: unknown): ExitCode {
    if (!(error instanceof BanyanError)) {
      this.note(`${this.colours.red('error')} ${error instanceof Error ? error.message : String(error)}`);
      return EXIT.refused;
    }
    this.note(
      `${this.colours.red('error')} ${error.message}\n${this.colours.dim(`hint: ${error.hint} [${error.code}]`)}`,
    );
    return EXIT_OF[error.code] ?? EXIT.refused;
  }

  get width(): number {
    return this.streams.stdout.columns ?? 100;
  }
}

const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  BAD_CONFIG: EXIT.usage,
  BAD_INPUT: EXIT.usage,
  UNKNOWN_TYPE: EXIT.usage,
  NO_GATEWAY: EXIT.unreachable,
};

/** https://no-color.org, https://force-color.org */
function wantsColour({ stdout, env }: Streams): boolean {
  if (env.NO_COLOR) return false;
  return env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stdout.isTTY === true;
}
