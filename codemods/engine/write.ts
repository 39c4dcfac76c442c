import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BanyanError } from '../../src/contract/errors.ts';

/**
 * Puts `after` in the place of `before`: whole or not at all, whenever the program or the machine stops. The mode is
 * kept. A file that changed since it was read is left alone.
 * @throws {BanyanError} BAD_INPUT when the file is no longer what was read
 */
export function replaceFile(path: string, before: string, after: string): void {
  const { mode } = statSync(path);
  if (!readFileSync(path).equals(Buffer.from(before))) {
    throw new BanyanError('BAD_INPUT', `${path}: changed while the codemod was running; run it again`);
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeDurably(temporary, after, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Renaming replaces even a file that its owner made read-only, so that has to be asked. */
export function isReadOnly(path: string): boolean {
  return (statSync(path).mode & 0o200) === 0;
}

function writeDurably(path: string, text: string, mode: number): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fchmodSync(descriptor, mode & 0o7777);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
