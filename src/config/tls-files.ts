import { createHash, createPrivateKey, type X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Certificates, DataTls } from '../contract/tls.ts';
import { reasonOf } from './file-errors.ts';
import { certificatesIn, type PemFile, readPemFile } from './pem.ts';
import { type Objection, quote } from './problems.ts';
import type { DataTlsInput } from './schema.ts';

export type ReadTls = {
  /** `null` when the files cannot be used. */
  readonly tls: DataTls | null;
  /** Absolute paths of what was read, or should have been. */
  readonly paths: readonly string[];
  readonly objections: readonly Objection[];
  readonly warnings: readonly Objection[];
};

/** Reads what the section `tls` names; files are relative to `folder`. */
export type TlsReader = (input: DataTlsInput, folder: string) => ReadTls;

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
  const chain = reading.certificatesIn('cert', cert);
  reading.checkKey(chain[0], key);
  reading.checkDates(chain, nowMs);
  reading.certificatesIn('ca', ca);
  if (key !== undefined) reading.checkMode(key.mode);
  reading.checkTogether(cert, key, ca);
  const { paths, objections, warnings } = reading;
  if (cert === undefined || key === undefined || objections.length > 0)
    return { tls: null, paths, objections, warnings };
  const tls = {
    minVersion: input.minVersion,
    asksForCertificate: ca !== undefined,
    certificates: new CertificateFiles(cert.bytes, key.bytes, ca?.bytes),
  };
  return { tls, paths, objections, warnings };
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

type TlsKey = 'cert' | 'key' | 'ca';

class Reading {
  readonly paths: string[] = [];
  readonly objections: Objection[] = [];
  readonly warnings: Objection[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  file(key: TlsKey, named: string): PemFile | undefined {
    const path = resolve(this.#folder, named);
    this.paths.push(path);
    try {
      return readPemFile(path);
    } catch (error) {
      this.#object(key, `expected a readable file, got ${quote(path)} (${reasonOf(error)})`);
      return undefined;
    }
  }

  certificatesIn(key: TlsKey, file: PemFile | undefined): readonly X509Certificate[] {
    if (file === undefined) return [];
    try {
      return certificatesIn(file.bytes.toString());
    } catch (error) {
      this.#object(key, `expected a file with certificates in PEM (${reasonOf(error)})`);
      return [];
    }
  }

  /** Messages of the parser can hold no secret; what stands in the file is never shown. */
  checkKey(leaf: X509Certificate | undefined, key: PemFile | undefined): void {
    if (key === undefined) return;
    try {
      const own = createPrivateKey(key.bytes);
      if (leaf === undefined || leaf.checkPrivateKey(own)) return;
      this.#object('key', 'expected the private key of the certificate in "cert", got that of another');
    } catch (error) {
      this.#object('key', `expected a private key in PEM, without a passphrase (${reasonOf(error)})`);
    }
  }

  /** What TLS itself objects to: keys that are too short, digests that are too weak. */
  checkTogether(cert: PemFile | undefined, key: PemFile | undefined, ca: PemFile | undefined): void {
    if (cert === undefined || key === undefined || this.objections.length > 0) return;
    try {
      createSecureContext({ cert: cert.bytes, key: key.bytes, ca: ca?.bytes });
    } catch (error) {
      this.#object('cert', `expected certificates that TLS takes, got ${reasonOf(error)}`);
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
