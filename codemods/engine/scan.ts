/** One pass over many files for a few strings: it decides whether TypeScript has to be loaded at all. */
import type { SkipReason } from '../contract.ts';
import { escaped } from './pattern.ts';
import { createReader } from './read.ts';

export type Hit = { readonly path: string; readonly bytes: Uint8Array };
export type Scan = {
  readonly hits: readonly Hit[];
  readonly skipped: readonly { readonly path: string; readonly reason: SkipReason }[];
};

const PROGRESS_EVERY_FILES = 256;

/** Files that contain at least one needle. A file that is gone since it was listed is neither hit nor skipped. */
export function scan(
  paths: Iterable<string>,
  needles: readonly string[],
  onProgress: (scanned: number) => void = () => {},
): Scan {
  const pattern = needlePattern(needles);
  const read = createReader();
  const hits: Hit[] = [];
  const skipped: { path: string; reason: SkipReason }[] = [];
  let scanned = 0;
  for (const path of paths) {
    const file = read(path);
    if ('skipped' in file) {
      if (file.skipped !== 'gone') skipped.push({ path, reason: file.skipped });
    } else if (isUtf16(file.bytes)) {
      skipped.push({ path, reason: 'not_utf8' });
    } else if (pattern.test(asLatin1(file.bytes))) {
      hits.push({ path, bytes: Uint8Array.from(file.bytes) });
    }
    scanned += 1;
    if (scanned % PROGRESS_EVERY_FILES === 0) onProgress(scanned);
  }
  onProgress(scanned);
  return { hits, skipped };
}

/**
 * One alternation over all needles: over text as Latin-1, where a byte is a character and decoding costs nothing,
 * the regular expression engine looks for 35 needles in the time that it takes to look for one.
 */
function needlePattern(needles: readonly string[]): RegExp {
  const alternatives = needles.map((needle) => escaped(asLatin1(Buffer.from(needle))));
  return new RegExp(alternatives.length === 0 ? '(?!)' : alternatives.join('|'));
}

function asLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** A needle cannot be found in it, so it must not pass for a file without one. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}
