/** What the data port shows of itself, and asks of its callers, when it speaks TLS. */
export type DataTls = {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Whether callers must show a certificate that one of the authorities in `certificates` has signed. */
  readonly asksForCertificate: boolean;
  readonly certificates: Certificates;
};

/** Certificates and their private key. What is printed or compared of it is its digest alone. */
export type Certificates = {
  /** SHA-256 of all of it, in hexadecimal. */
  readonly digest: string;
  /** The contents of PEM files. */
  pem(): { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer | undefined };
};
