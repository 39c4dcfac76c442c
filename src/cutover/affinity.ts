import type { RawHeaders } from '../contract/calls.ts';
import type { AffinitySource } from '../contract/wire.ts';
import { headerValue } from '../wire/headers.ts';
import { type ParsedAffinity, parseAffinity } from '../wire/places.ts';

/** What keeps a caller on one side: the first source that the request has. */
export type AffinityKey = {
  readonly unitKind: 'caller' | 'request';
  readonly unitId: string;
  /** The source it was read from, as the config spells it. */
  readonly source: AffinitySource;
};

export type AffinityInput = {
  readonly headers: RawHeaders;
  readonly query: string;
  /** The caller's address, `null` when the socket no longer has one. */
  readonly address: string | null;
  /** A draw for sources of `request`. */
  readonly randomId: () => string;
};

/** Longer values are cut: a key is hashed on every call. */
const UNIT_ID_LENGTH_MAX = 512;

type CompiledSource = { readonly source: AffinitySource; readonly parsed: ParsedAffinity };
export type AffinityRule = readonly CompiledSource[];

export function compileAffinity(sources: readonly AffinitySource[]): AffinityRule {
  return sources.map((source) => ({ source, parsed: parseAffinity(source) }));
}

/** The caller's affinity key, or null when the request has none of the sources: such a caller stays on legacy. */
export function affinityKey(rule: AffinityRule, input: AffinityInput): AffinityKey | null {
  for (const { source, parsed } of rule) {
    const value = read(parsed, input);
    if (value === undefined || value === '') continue;
    const unitKind = parsed.from === 'request' ? 'request' : 'caller';
    return { unitKind, unitId: value.slice(0, UNIT_ID_LENGTH_MAX), source };
  }
  return null;
}

function read(parsed: ParsedAffinity, input: AffinityInput): string | undefined {
  switch (parsed.from) {
    case 'header':
      return headerValue(input.headers, parsed.name);
    case 'cookie':
      return cookieValue(headerValue(input.headers, 'cookie'), parsed.name);
    case 'query':
      return new URLSearchParams(input.query).get(parsed.name) ?? undefined;
    case 'address':
      return input.address ?? undefined;
    case 'request':
      return input.randomId();
  }
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
