import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/index.ts';
import { BanyanError } from '../../contract/errors.ts';
import { forgetAddress } from '../../gateway/admin/address.ts';
import { adminToken, redactionKey } from '../../gateway/admin/secrets.ts';
import { DebugTokens } from '../../gateway/telemetry/debug-tokens.ts';
import { lockFile } from '../../kernel/store/file-lock.ts';
import { openSqliteStore, STATE_FILE } from '../../store/sqlite.ts';

export type StateFolder = ReturnType<typeof openStateFolder>;

/**
 * What is kept in the state folder, for one gateway alone: two would decide over each other's heads. It stays locked
 * until it is closed, or the process has ended.
 * @throws BanyanError STORE_IN_USE while another gateway has it; STORE_FAILED when it cannot be used
 */
export function openStateFolder({ state, limits }: Pick<Config, 'state' | 'limits'>) {
  return usable(state, () => {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const lock = lockFile(join(state, STATE_FILE), 'gateway');
    try {
      forgetAddress(state); // a command that finds the lock held would send the token there
      const token = adminToken(state);
      const secrets = { token, redactionKey: redactionKey(state), debugTokens: new DebugTokens(token) };
      const store = openSqliteStore(state, { entitiesCachedMax: limits.entitiesCachedMax });
      return { ...secrets, store, close: () => store.close().finally(() => lock.release()) };
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

function usable<T>(folder: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BanyanError('STORE_FAILED', `the state folder ${folder} cannot be used: ${reason}`, { cause: error });
  }
}
