import { isIP } from 'node:net';
import type { UpstreamTls } from '../../contract/specs.ts';

/** Where an instance is, read from the text of the config once. */
export type UpstreamAddress = {
  /** As the config has it. */
  readonly text: string;
  /** Stands before every request target; empty, or without a slash at its end. */
  readonly basePath: string;
  readonly at: { readonly host: string; readonly port: number } | { readonly path: string };
  /** `null`: not secured. */
  readonly secured: Secured | null;
};

export type Secured = {
  /** Sent to the instance (RFC 6066 §3); empty where there is an address and no name. */
  readonly servername: string;
  /** What the certificate must be for. */
  readonly expectedName: string;
  readonly tls: UpstreamTls;
};

const PLAIN_DEFAULTS: UpstreamTls = { ca: null, identity: null, servername: null, insecure: false };

/** @param text `http://host:port/base`, `https://...`, `unix:/run/app.sock` or `unix:/run/app.sock:/base` */
export function upstreamAddress(text: string, tls: UpstreamTls | null): UpstreamAddress {
  return text.startsWith('unix:') ? unixAddress(text) : urlAddress(text, tls ?? PLAIN_DEFAULTS);
}

function unixAddress(text: string): UpstreamAddress {
  const [path = '', basePath = ''] = text.slice('unix:'.length).split(/:(.*)/s);
  return { text, basePath, at: { path }, secured: null };
}

function urlAddress(text: string, tls: UpstreamTls): UpstreamAddress {
  const { protocol, hostname, port, pathname } = new URL(text);
  const isSecure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    text,
    basePath: pathname.replace(/\/$/, ''),
    at: { host, port: Number(port || (isSecure ? 443 : 80)) },
    secured: isSecure ? securedBy(tls, host) : null,
  };
}

function securedBy(tls: UpstreamTls, host: string): Secured {
  const expectedName = tls.servername ?? host;
  return { servername: isIP(expectedName) === 0 ? expectedName : '', expectedName, tls };
}
