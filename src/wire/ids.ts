import type { NamedEntity, RawHeaders } from '../contract/calls.ts';
import type { WireOperation } from '../contract/wire.ts';
import { headerValue } from './headers.ts';
import { type ParsedPlace, parseIdPlace, valueAt } from './places.ts';

/** What of a message ids can be read from. `json` is the parsed body, or undefined. */
export type IdSource = {
  readonly params: ReadonlyMap<string, string>;
  readonly query: string;
  readonly headers: RawHeaders;
  readonly json: unknown;
};

/** Where an operation's ids stand, parsed once. */
export type IdPlaces = {
  readonly names: readonly Place[];
  readonly creates: readonly Place[];
  /** Whether naming needs the request's body. */
  readonly namesInBody: boolean;
};
type Place = { readonly kind: string; readonly place: ParsedPlace };

export function compileIdPlaces(operation: WireOperation): IdPlaces {
  const places = (table: Readonly<Record<string, string>> = {}) =>
    Object.entries(table).map(([kind, text]) => ({ kind, place: parseIdPlace(text) }));
  const names = places(operation.names);
  return { names, creates: places(operation.creates), namesInBody: names.some(({ place }) => place.in === 'body') };
}

/** The ids that stand at the places; a place with no id there gives none. */
export function readIds(places: readonly Place[], source: IdSource): readonly NamedEntity[] {
  const found: NamedEntity[] = [];
  for (const { kind, place } of places) {
    const id = idText(readPlace(place, source));
    if (id !== undefined) found.push({ kind, id });
  }
  return found;
}

function readPlace(place: ParsedPlace, source: IdSource): unknown {
  switch (place.in) {
    case 'path':
      return source.params.get(place.name);
    case 'query':
      return new URLSearchParams(source.query).get(place.name);
    case 'header':
      return headerValue(source.headers, place.name);
    case 'body':
      return valueAt(source.json, place.pointer);
  }
}

/** Ids are text or whole numbers; an id of 1 and an id of "1" are the same id. */
function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Parses a JSON body, or gives undefined: a body that is not JSON has no ids. */
export function parseJson(body: Uint8Array | null): unknown {
  if (body === null || body.byteLength === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
