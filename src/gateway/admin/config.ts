import type { ConfigChange } from '../live-config.ts';

/** The config file, as the gateway has it. */
export type ConfigView = {
  readonly file: string;
  /** 1 at the start, and one more with every change that took force. */
  readonly revision: number;
  /** When the revision took force; epoch milliseconds. */
  readonly loadedAtMs: number;
  /** Why the file as it is now is not in force; `null` when it is. */
  readonly lastError: { readonly atMs: number; readonly message: string } | null;
};

export type Reloaded = {
  readonly config: ConfigView;
  /** `null` when the file says what was in force already. */
  readonly change: ConfigChange | null;
};

/** What the admin API needs of whoever loads the config. */
export type ConfigPort = {
  readonly view: () => ConfigView;
  /** Throws BanyanError BAD_CONFIG, with every problem and its place, when the config in force stays. */
  readonly reload: () => Promise<Reloaded>;
};
