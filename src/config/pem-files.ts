import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Upstream, UpstreamTls } from '../contract/specs.ts';
import { reasonOf } from './file-errors.ts';
import { type Objection, type Path, quote } from './problems.ts';
import type { TlsInput, UpstreamInput } from './schema.ts';

const FILE_BYTES_MAX = 1024 * 1024;

/** Reads the PEM files that a config names, and keeps what is wrong with them. They are few, small, and local. */
export class PemFiles {
  readonly #folder: string;
  readonly #objections: Objection[] = [];

  /** @param folder what relative paths are relative to */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is wrong with the files read so far. */
  get objections(): readonly Objection[] {
    return this.#objections;
  }

  /** An upstream with the contents of its files; what is wrong with them goes to `objections`. */
  upstream({ instances, tls }: UpstreamInput, path: Path): Upstream {
    return { instances, tls: tls === null ? null : this.#tls(tls, [...path, 'tls']) };
  }

  #tls({ ca, cert, key, servername, insecure }: TlsInput, path: Path): UpstreamTls {
    return {
      ca: ca === undefined ? null : this.#read(ca, [...path, 'ca'], CERTIFICATE),
      identity: cert === undefined || key === undefined ? null : this.#identity(cert, key, path),
      servername: servername ?? null,
      insecure,
    };
  }

  #identity(certFile: string, keyFile: string, path: Path): UpstreamTls['identity'] {
    const cert = this.#read(certFile, [...path, 'cert'], CERTIFICATE);
    const key = this.#read(keyFile, [...path, 'key'], PRIVATE_KEY);
    if (cert === null || key === null) return null;
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      this.#object([...path, 'key'], `expected the private key of ${quote(certFile)}, got ${quote(keyFile)}`, error);
      return null;
    }
    return { cert, key };
  }

  /** `null` once it has objected. */
  #read(file: string, path: Path, { what, check }: Kind): string | null {
    const expected = `expected a file with ${what}, got ${quote(file)}`;
    try {
      const text = readBounded(resolve(this.#folder, file));
      check(text);
      return text;
    } catch (error) {
      this.#object(path, expected, error);
      return null;
    }
  }

  #object(path: Path, message: string, error: unknown): void {
    this.#objections.push({ path, part: 'value', message: `${message} (${reasonOf(error)})` });
  }
}

type Kind = { readonly what: string; readonly check: (pem: string) => unknown };

const CERTIFICATE: Kind = {
  what: 'certificates in PEM',
  check: (pem) => {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
    if (blocks === null) throw new RangeError('it holds no "BEGIN CERTIFICATE"');
    // Every one: Node takes the sound ones of an authority's file and is silent about the others.
    for (const block of blocks) new X509Certificate(block);
  },
};

const PRIVATE_KEY: Kind = { what: 'a private key in PEM, without a passphrase', check: createPrivateKey };

function readBounded(file: string): string {
  const status = statSync(file);
  // A pipe could keep the reader waiting for ever.
  if (!status.isFile()) throw new RangeError('it is no file');
  if (status.size > FILE_BYTES_MAX) throw new RangeError(`it is longer than ${FILE_BYTES_MAX} bytes`);
  return readFileSync(file, 'utf8');
}
