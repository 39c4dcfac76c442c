import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { SkipReason } from '../contract.ts';

export const FILE_BYTES_MAX = 5 * 1024 * 1024;

/** `gone`: deleted since it was listed, or deleted but still tracked. */
export type FileBytes = { readonly bytes: Uint8Array } | { readonly skipped: SkipReason | 'gone' };

export type Reader = (path: string) => FileBytes;

// A link is not followed, and a named pipe does not make the run wait for its writer.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads many files one after the other into one buffer: what it returns is valid until its next call. Synchronous
 * reads of small files cost half of what promises cost.
 */
export function createReader(): Reader {
  const buffer = Buffer.allocUnsafeSlow(FILE_BYTES_MAX + 1);
  return (path) => {
    let descriptor: number;
    try {
      descriptor = openSync(path, OPEN_FLAGS);
    } catch (error) {
      return { skipped: reasonOf(error) };
    }
    try {
      return readOpen(descriptor, buffer);
    } catch (error) {
      return { skipped: reasonOf(error) };
    } finally {
      closeSync(descriptor);
    }
  };
}

function readOpen(descriptor: number, buffer: Buffer): FileBytes {
  const status = fstatSync(descriptor);
  if (!status.isFile()) return { skipped: 'not_a_file' };
  if (status.size > FILE_BYTES_MAX) return { skipped: 'too_large' };
  let length = 0;
  while (length < status.size) {
    const read = readSync(descriptor, buffer, length, status.size - length, length);
    if (read === 0) break;
    length += read;
  }
  return { bytes: buffer.subarray(0, length) };
}

const REASONS: Readonly<Record<string, SkipReason | 'gone'>> = { ENOENT: 'gone', ELOOP: 'symlink', EMLINK: 'symlink' };

function reasonOf(error: unknown): SkipReason | 'gone' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? 'unreadable';
}
