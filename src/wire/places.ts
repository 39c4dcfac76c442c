import type { AffinitySource, IdPlace } from '../contract/wire.ts';

/** An `IdPlace`, parsed. */
export type ParsedPlace =
  | { readonly in: 'path'; readonly name: string }
  | { readonly in: 'query'; readonly name: string }
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'body'; readonly pointer: readonly string[] };

/** An `AffinitySource`, parsed. */
export type ParsedAffinity =
  | { readonly from: 'header' | 'cookie' | 'query'; readonly name: string }
  | { readonly from: 'address' }
  | { readonly from: 'request' };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Parses `path.NAME`, `query.NAME`, `header:NAME` or `body:/POINTER`; throws a RangeError that says what was expected. */
export function parseIdPlace(text: IdPlace): ParsedPlace {
  const [, kind, rest] = /^(path\.|query\.|header:|body:)(.*)$/s.exec(text) ?? [];
  switch (kind) {
    case 'path.':
    case 'query.':
      if (rest) return { in: kind === 'path.' ? 'path' : 'query', name: rest };
      break;
    case 'header:':
      if (rest && TOKEN.test(rest)) return { in: 'header', name: rest.toLowerCase() };
      break;
    case 'body:':
      if (rest !== undefined) return { in: 'body', pointer: parsePointer(rest) };
  }
  throw new RangeError('expected path.NAME, query.NAME, header:NAME or body:/POINTER');
}

/** Parses `header:NAME`, `cookie:NAME`, `query:NAME`, `address` or `request`; throws a RangeError that says what was expected. */
export function parseAffinity(text: AffinitySource): ParsedAffinity {
  if (text === 'address' || text === 'request') return { from: text };
  const [, from, name] = /^(header|cookie|query):(.+)$/.exec(text) ?? [];
  if (from === 'header' && name !== undefined && TOKEN.test(name)) return { from, name: name.toLowerCase() };
  if ((from === 'cookie' || from === 'query') && name !== undefined) return { from, name };
  throw new RangeError('expected header:NAME, cookie:NAME, query:NAME, address or request');
}

/** Parses a JSON Pointer (RFC 6901) into its reference tokens; throws a RangeError that says what was expected. */
export function parsePointer(text: string): readonly string[] {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text))
    throw new RangeError('expected a JSON Pointer such as /result/id');
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a pointer, or undefined. Own properties only: a body must not reach into prototypes. */
export function valueAt(root: unknown, pointer: readonly string[]): unknown {
  let value = root;
  for (const token of pointer) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined;
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}
