import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Longer than any chain of certificates. */
const FILE_BYTES_MAX = 1024 * 1024;

export type PemFile = {
  readonly bytes: Buffer;
  /** As of `stat`. */
  readonly mode: number;
};

/**
 * Reads a file that a config names: it is small, and local. A pipe would keep the reader waiting for ever, and whatever
 * size a file claims, no more is read than may be.
 *
 * @throws RangeError when it is no file, or too long; what `fs` throws otherwise
 */
export function readPemFile(path: string): PemFile {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new RangeError('it is no file');
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let bytes = 0;
    for (;;) {
      const read = readSync(file, buffer, bytes, buffer.byteLength - bytes, null);
      bytes += read;
      if (bytes > FILE_BYTES_MAX) throw new RangeError(`it is longer than ${FILE_BYTES_MAX} bytes`);
      if (read === 0) return { bytes: Buffer.from(buffer.subarray(0, bytes)), mode: status.mode };
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Every certificate of a PEM file: Node takes the sound ones of an authority's file and is silent about the others.
 *
 * @throws RangeError when there is none; what Node throws for one that cannot be read
 */
export function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (blocks === null) throw new RangeError('it holds no "BEGIN CERTIFICATE"');
  return blocks.map((block) => new X509Certificate(block));
}
