import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BanyanError } from '../../contract/errors.ts';

const TOKEN_BYTES = 32;

/**
 * The admin token of a state folder: made at first use, readable by its owner only. There is no default token,
 * and it is never printed.
 * @throws BanyanError STORE_FAILED when others could read the file
 */
export function adminToken(stateFolder: string): string {
  const file = join(stateFolder, 'admin.token');
  if (!existsSync(file))
    writeFileSync(file, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new BanyanError('STORE_FAILED', `${file} can be read by others: expected mode 600; run chmod 600 on it`);
  }
  return readFileSync(file, 'utf8').trim();
}

/** Compares in constant time, whatever the lengths. */
export function sameToken(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
