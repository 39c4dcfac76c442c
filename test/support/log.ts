import { type Logger, pino } from 'pino';

export type KeptLog = {
  readonly logger: Logger;
  /** As they were written. */
  readonly text: () => string;
  readonly lines: () => readonly Readonly<Record<string, unknown>>[];
};

/** A log that stays in memory. */
export function keepLog(level: string): KeptLog {
  const written: string[] = [];
  const logger = pino({ level }, { write: (line: string) => void written.push(line) });
  return {
    logger,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
