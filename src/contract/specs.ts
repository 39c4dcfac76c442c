import type { AffinitySource, Wire } from './wire.ts';

/** Which requests belong to a type. The first type that claims a request gets it. */
export type Match =
  | { readonly by: 'prefix'; readonly prefix: string }
  | { readonly by: 'header'; readonly name: string; readonly value: string }
  | { readonly by: 'host'; readonly host: string }
  /** `/<type>/`, the header `x-orchestrator-type: <type>`, or a route of the type's own wire. */
  | { readonly by: 'type' };

/** A type as the config describes it: all the gateway knows of it. */
export type TypeSpec = {
  readonly name: string;
  readonly match: Match;
  readonly wire: Wire;
  readonly affinity: readonly AffinitySource[];
  /** Base URL of the legacy side. */
  readonly legacy: string;
  /** Base URL of the V2 side; `null`: the v2 host that `banyan up` starts. */
  readonly v2: string | null;
  /** Which calls the candidate gets a copy of. */
  readonly mirror: 'all' | 'reads' | 'none';
};
