import type { Certificates, DataTls } from '../contract/tls.ts';
import type { Configured } from '../gateway/parts.ts';

/** A config as it travels to a worker: certificates and their key as text, which they never are elsewhere. */
export type SentConfig = Omit<Configured, 'tls'> & { readonly tls: SentTls | null };

type SentTls = Omit<DataTls, 'certificates'> & {
  readonly digest: string;
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
};

export function sentConfig({ tls = null, ...rest }: Configured): SentConfig {
  return { ...rest, tls: tls === null ? null : sentTls(tls) };
}

export function receivedConfig({ tls, ...rest }: SentConfig): Configured {
  return { ...rest, tls: tls === null ? null : receivedTls(tls) };
}

function sentTls({ certificates, ...rest }: DataTls): SentTls {
  const { cert, key, ca } = certificates.pem();
  return {
    ...rest,
    digest: certificates.digest,
    cert: cert.toString(),
    key: key.toString(),
    ca: ca === undefined ? null : ca.toString(),
  };
}

function receivedTls({ digest, cert, key, ca, ...rest }: SentTls): DataTls {
  return { ...rest, certificates: new ReceivedCertificates(digest, cert, key, ca) };
}

/** What is printed or compared of it is its digest alone. */
class ReceivedCertificates implements Certificates {
  readonly digest: string;
  readonly #pem: ReturnType<Certificates['pem']>;

  constructor(digest: string, cert: string, key: string, ca: string | null) {
    this.digest = digest;
    this.#pem = { cert: Buffer.from(cert), key: Buffer.from(key), ca: ca === null ? undefined : Buffer.from(ca) };
  }

  pem(): ReturnType<Certificates['pem']> {
    return this.#pem;
  }
}
