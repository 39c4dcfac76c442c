import { createPrivateKey } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Upstream, UpstreamTls } from '../contract/specs.ts';
import { reasonOf } from './file-errors.ts';
import { certificatesIn, readPemFile } from './pem.ts';
import { type Objection, type Path, quote } from './problems.ts';
import type { TlsInput, UpstreamInput } from './schema.ts';

/** Reads the PEM files that the sides of types name, and keeps what is wrong with them. */
export class UpstreamFiles {
  readonly #folder: string;
  readonly #objections: Objection[] = [];
  readonly #paths = new Set<string>();

  /** @param folder what relative paths are relative to */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is wrong with the files read so far. */
  get objections(): readonly Objection[] {
    return this.#objections;
  }

  /** Absolute paths of what was read, or should have been. */
  get paths(): readonly string[] {
    return [...this.#paths];
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
    const absolute = resolve(this.#folder, file);
    this.#paths.add(absolute);
    try {
      const text = readPemFile(absolute).bytes.toString();
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

const CERTIFICATE: Kind = { what: 'certificates in PEM', check: certificatesIn };
const PRIVATE_KEY: Kind = { what: 'a private key in PEM, without a passphrase', check: createPrivateKey };
