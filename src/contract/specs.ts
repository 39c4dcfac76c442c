import type { AffinitySource, Wire } from './wire.ts';

/** Which requests belong to a type. The first type that claims a request gets it. */
export type Match =
  | { readonly by: 'prefix'; readonly prefix: string }
  | { readonly by: 'header'; readonly name: string; readonly value: string }
  | { readonly by: 'host'; readonly host: string }
  /** `/<type>/`, the header `x-orchestrator-type: <type>`, or a route of the type's own wire. */
  | { readonly by: 'type' };

/** What a side is reached by: one address, or several that are one another's equal. */
export type Upstream = {
  /** At least one: `http://host:port/base`, `https://...`, or `unix:/run/app.sock:/base`; no slash at the end. */
  readonly instances: readonly string[];
  /** `null`: what `https://` needs is the default: the name of the URL, and the authorities known to this machine. */
  readonly tls: UpstreamTls | null;
};

/** How the connections of a side are secured, PEM where a file holds it. */
export type UpstreamTls = {
  /** The authorities that are believed; `null`: those of Node and of the machine. */
  readonly ca: string | null;
  /** Shown to an upstream that asks for a certificate. */
  readonly identity: { readonly cert: string; readonly key: string } | null;
  /** The name that the certificate must be for; `null`: the host of the URL. */
  readonly servername: string | null;
  /** Certificates are not checked at all. */
  readonly insecure: boolean;
};

/** A type as the config describes it: all the gateway knows of it. */
export type TypeSpec = {
  readonly name: string;
  readonly match: Match;
  readonly wire: Wire;
  readonly affinity: readonly AffinitySource[];
  readonly legacy: Upstream;
  /** `null`: the v2 host that `banyan up` starts. */
  readonly v2: Upstream | null;
  /** Which calls the candidate gets a copy of. */
  readonly mirror: 'all' | 'reads' | 'none';
};
