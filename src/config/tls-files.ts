import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Certificates, DataTls } from '../contract/tls.ts';
import { type Objection, quote } from './problems.ts';
import type { DataTlsInput } from './schema.ts';

export type ReadTls = {
  /** `null` when the files cannot be used. */
  readonly tls: DataTls | null;
  readonly objections: readonly Objection[];
  readonly warnings: readonly Objection[];
};

/** Reads what the section `tls` names; files are relative to `folder`. */
export type TlsReader = (input: DataTlsInput, folder: string) => ReadTls;

/** Longer than any chain of certificates. */
const FILE_BYTES_MAX = 1024 * 1024;
/** Whoever renews has that long after the first warning. */
const EXPIRES_SOON_MS = 14 * 86_400_000;

/**
 * Reads and checks certificates and key. What no caller could use is refused; what is about to become so, or can be
 * read by everybody, is a warning: a gateway that did not start for it would answer nobody at all.
 *
 * @param nowMs epoch milliseconds
 */
export function readTlsFiles(input: DataTlsInput, folder: string, nowMs: number = Date.now()): ReadTls {
  const reading = new Reading(folder);
  const cert = reading.file('cert', input.cert);
  const key = reading.file('key', input.key);
  const ca = input.ca === undefined ? undefined : reading.file('ca', input.ca);
  reading.checkKey(cert, key);
  if (cert !== undefined) reading.checkDates(reading.certificatesIn('cert', cert.bytes), nowMs);
  if (ca !== undefined) reading.certificatesIn('ca', ca.bytes);
  if (key !== undefined) reading.checkMode(key.mode);
  reading.checkTogether(cert, key, ca);
  const { objections, warnings } = reading;
  if (cert === undefined || key === undefined || objections.length > 0) return { tls: null, objections, warnings };
  const tls = {
    minVersion: input.minVersion,
    asksForCertificate: ca !== undefined,
    files: [cert, key, ...(ca === undefined ? [] : [ca])].map(({ path }) => path),
    certificates: new CertificateFiles(cert.bytes, key.bytes, ca?.bytes),
  };
  return { tls, objections, warnings };
}

/** Two of them are equal when their digests are: private fields are not compared, and not printed either. */
export class CertificateFiles implements Certificates {
  readonly digest: string;
  readonly #cert: Buffer;
  readonly #key: Buffer;
  readonly #ca: Buffer | undefined;

  constructor(cert: Buffer, key: Buffer, ca: Buffer | undefined) {
    this.#cert = cert;
    this.#key = key;
    this.#ca = ca;
    const hash = createHash('sha256');
    for (const part of [cert, key, ca ?? Buffer.of()]) hash.update(`${part.byteLength}:`).update(part);
    this.digest = hash.digest('hex');
  }

  pem() {
    return { cert: this.#cert, key: this.#key, ca: this.#ca };
  }
}

type ReadFile = { readonly path: string; readonly bytes: Buffer; readonly mode: number };
type TlsKey = 'cert' | 'key' | 'ca';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

class Reading {
  readonly objections: Objection[] = [];
  readonly warnings: Objection[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  file(key: TlsKey, named: string): ReadFile | undefined {
    const path = resolve(this.#folder, named);
    try {
      return { path, ...readBounded(path) };
    } catch (error) {
      this.#object(key, `expected a readable file, got ${quote(path)}: ${reasonOf(error)}`);
      return undefined;
    }
  }

  certificatesIn(key: TlsKey, pem: Buffer): readonly X509Certificate[] {
    const blocks = pem.toString('latin1').match(PEM_CERTIFICATE) ?? [];
    try {
      const found = blocks.map((block) => new X509Certificate(block));
      if (found.length === 0) this.#object(key, 'expected a file with a certificate in PEM, got none in it');
      return found;
    } catch (error) {
      this.#object(key, `expected certificates in PEM, got one that cannot be read: ${reasonOf(error)}`);
      return [];
    }
  }

  /** Messages of the parser can hold no secret; what stands in the file is never shown. */
  checkKey(cert: ReadFile | undefined, key: ReadFile | undefined): void {
    if (key === undefined) return;
    try {
      const own = createPrivateKey(key.bytes);
      const [leaf] = cert?.bytes.toString('latin1').match(PEM_CERTIFICATE) ?? [];
      if (leaf === undefined || new X509Certificate(leaf).checkPrivateKey(own)) return;
      this.#object('key', 'expected the private key of the certificate in "cert", got that of another');
    } catch (error) {
      if (this.objections.length > 0) return;
      this.#object(
        'key',
        `expected a private key in PEM without a passphrase, got one that cannot be read: ${codeOf(error)}`,
      );
    }
  }

  /** What TLS itself objects to: keys that are too short, digests that are too weak. */
  checkTogether(cert: ReadFile | undefined, key: ReadFile | undefined, ca: ReadFile | undefined): void {
    if (cert === undefined || key === undefined || this.objections.length > 0) return;
    try {
      createSecureContext({ cert: cert.bytes, key: key.bytes, ca: ca?.bytes });
    } catch (error) {
      this.#object('cert', `expected certificates that TLS takes, got an error: ${codeOf(error)}`);
    }
  }

  checkDates(chain: readonly X509Certificate[], nowMs: number): void {
    for (const { validFrom, validTo, subject } of chain) {
      const who = quote(subject ?? '');
      if (nowMs < Date.parse(validFrom))
        this.#warn('cert', `expected a certificate that is valid, got ${who}, which is from ${validFrom} on`);
      if (nowMs > Date.parse(validTo))
        this.#warn('cert', `expected a certificate that is valid, got ${who}, which was until ${validTo}`);
      else if (nowMs > Date.parse(validTo) - EXPIRES_SOON_MS)
        this.#warn('cert', `expected a certificate that stays valid, got ${who}, which is until ${validTo}`);
    }
  }

  checkMode(mode: number): void {
    if ((mode & 0o007) === 0) return;
    const permissions = (mode & 0o777).toString(8).padStart(4, '0');
    this.#warn('key', `expected a private key that its owner alone can read, got the permissions ${permissions}`);
  }

  #object(key: TlsKey, message: string): void {
    this.objections.push({ path: ['tls', key], part: 'value', message });
  }

  #warn(key: TlsKey, message: string): void {
    this.warnings.push({ path: ['tls', key], part: 'value', message });
  }
}

function readBounded(path: string): { readonly bytes: Buffer; readonly mode: number } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error('it is no file');
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let bytes = 0;
    for (;;) {
      const read = readSync(file, buffer, bytes, buffer.byteLength - bytes, null);
      bytes += read;
      if (bytes > FILE_BYTES_MAX) throw new Error(`it is longer than ${FILE_BYTES_MAX} bytes`);
      if (read === 0) return { bytes: Buffer.from(buffer.subarray(0, bytes)), mode: stat.mode };
    }
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
}
