import { readFileSync } from 'node:fs';
import { CertificateFiles } from '../../src/config/index.ts';
import type { DataTls } from '../../src/contract/tls.ts';

/** The certificates of `certificates/`: who made them, and how, is in `data-port-make.sh` there. */
const pem = (name: string) => readFileSync(new URL(`certificates/data-port-${name}.pem`, import.meta.url));

/** Who has signed all of them. */
export const AUTHORITY = pem('ca');
export const CALLER = { cert: pem('client'), key: pem('client-key') };

/** TLS as a config would have it, with one of the two certificates that there are. */
export function dataTls(name: 'server' | 'renewed' = 'server', over: Partial<DataTls> = {}): DataTls {
  const asksForCertificate = over.asksForCertificate ?? false;
  const ca = asksForCertificate ? AUTHORITY : undefined;
  return {
    minVersion: 'TLSv1.2',
    asksForCertificate,
    certificates: new CertificateFiles(pem(name), pem(`${name}-key`), ca),
    ...over,
  };
}
