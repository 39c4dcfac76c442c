import { BanyanError } from '../../contract/errors.ts';

/** A plugin said no, or one that is `onError: 'closed'` could not say yes. */
export class Vetoed extends BanyanError {
  readonly plugin: string;
  readonly reason: string;
  readonly retryAfterMs: number | null;

  constructor(plugin: string, hook: string, reason: string, retryAfterMs: number | null = null) {
    super('VETOED', `${hook}: plugin ${plugin} refused: ${reason}`);
    this.plugin = plugin;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}
