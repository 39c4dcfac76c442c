import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BanyanError } from '../../contract/errors.ts';

const SECRET_BYTES = 32;
const SECRET = /^[\w-]{43}$/;

/**
 * The admin token of a state folder: made at first use, readable by its owner only. There is no default token,
 * and it is never printed.
 * @throws BanyanError STORE_FAILED when others could read the file
 */
export function adminToken(stateFolder: string): string {
  return secretOf(stateFolder, 'admin.token');
}

/** The key of the tokens that stand for secrets in stored samples: kept like the admin token. */
export function redactionKey(stateFolder: string): Uint8Array {
  return Buffer.from(secretOf(stateFolder, 'redaction.key'), 'base64url');
}

/** Compares in constant time, whatever the lengths. */
export function sameToken(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function secretOf(stateFolder: string, name: string): string {
  const file = join(stateFolder, name);
  if (!existsSync(file)) makeSecret(file);
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new BanyanError('STORE_FAILED', `${file} can be read by others: expected mode 600; run chmod 600 on it`);
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (SECRET.test(secret)) return secret;
  // Never whole, so never used: a start that was killed, or a full disk.
  makeSecret(file);
  return readFileSync(file, 'utf8').trim();
}

/** Whole or not there at all. */
function makeSecret(file: string): void {
  writeFileSync(`${file}.tmp`, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.tmp`, file);
}
