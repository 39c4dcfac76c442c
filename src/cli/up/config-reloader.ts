import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { type Config, ConfigError, configWarnings, loadConfig, type ParseOptions } from '../../config/index.ts';
import type { ConfigView, Reloaded } from '../../gateway/admin/config.ts';
import type { ConfigChange } from '../../gateway/live-config.ts';

export type ConfigReloaderOptions = {
  readonly file: string;
  readonly builtIn: ParseOptions['builtIn'];
  /** In force as the gateway starts. */
  readonly config: Config;
  /** Puts a config in force, or throws and changes nothing. */
  readonly apply: (config: Config) => Promise<ConfigChange>;
  readonly logger: Logger;
  /** Epoch milliseconds, for what is shown. */
  readonly nowMs?: () => number;
};

/**
 * Keeps the config in force in step with its file. Reloads are serial, and all that are asked for while one runs
 * are one: it reads the file after the last of them. A file that cannot be used leaves everything as it is.
 */
export class ConfigReloader {
  readonly #options: ConfigReloaderOptions;
  readonly #hosted: readonly string[];
  #config: Config;
  /** Those that a config names which could not be used. */
  #filesMissed: readonly string[] = [];
  #view: ConfigView;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<Reloaded> | null = null;

  constructor(options: ConfigReloaderOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#hosted = options.config.types.filter(({ v2 }) => v2 === null).map(({ name }) => name);
    this.#view = { file: options.file, revision: 1, loadedAtMs: this.#nowMs(), lastError: null };
  }

  /** The config file, and those that it names, as it is in force and as it is now: what may change. */
  files(): readonly string[] {
    return [...new Set([this.#options.file, ...this.#config.files, ...this.#filesMissed])];
  }

  view(): ConfigView {
    return this.#view;
  }

  /** For signals and watchers, to whom nobody can answer: the log and `view` say how it ended. */
  reloadQuietly(): void {
    this.reload().catch(() => undefined); // logged where it failed
  }

  /** @throws BanyanError BAD_CONFIG when the config in force stays */
  reload(): Promise<Reloaded> {
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#reloadNow();
    });
    this.#running = this.#next.catch(() => undefined); // whoever asked hears of it
    return this.#next;
  }

  async #reloadNow(): Promise<Reloaded> {
    const { file, builtIn, apply, logger } = this.#options;
    try {
      const config = await loadConfig(file, builtIn, { config: this.#config, hosted: this.#hosted });
      const change = isDeepStrictEqual(config, this.#config) ? null : await apply(config);
      this.#config = config;
      this.#filesMissed = [];
      this.#succeeded(change);
      return { config: this.#view, change };
    } catch (error) {
      this.#filesMissed = error instanceof ConfigError ? error.files : [];
      const message = error instanceof Error ? error.message : String(error);
      this.#view = { ...this.#view, lastError: { atMs: this.#nowMs(), message } };
      logger.error(
        { file, revision: this.#view.revision, problems: message },
        'the config was not loaded: the old one stays',
      );
      throw error;
    }
  }

  #succeeded(change: ConfigChange | null): void {
    const { revision } = this.#view;
    this.#view = { ...this.#view, lastError: null };
    if (change === null) return;
    this.#view = { ...this.#view, revision: revision + 1, loadedAtMs: this.#nowMs() };
    const { logger } = this.#options;
    logger.info({ ...change, revision: revision + 1 }, 'another config is in force');
    for (const warning of configWarnings(this.#config)) logger.warn(warning);
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? Date.now)();
  }
}
