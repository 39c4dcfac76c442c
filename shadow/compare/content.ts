import { isUtf8 } from 'node:buffer';
import type { RawHeaders } from '../../src/contract/calls.ts';
import { headerValue } from '../../src/wire/headers.ts';

/** How a body is compared: by structure, by lines, or by bytes. */
export type ContentKind = 'json' | 'text' | 'binary';

/** `application/json; charset=utf-8` → `application/json`; `null`: none is given. */
export function mediaType(headers: RawHeaders): string | null {
  const value = headerValue(headers, 'content-type');
  const essence = value?.split(';', 1)[0]?.trim().toLowerCase();
  return essence === undefined || essence === '' ? null : essence;
}

export function contentKind(type: string | null, body: Uint8Array): ContentKind {
  if (type === null) return sniff(body);
  if (type.endsWith('/json') || type.endsWith('+json')) return 'json';
  return type.startsWith('text/') || type.endsWith('+xml') || TEXTUAL.has(type) ? 'text' : 'binary';
}

const TEXTUAL: ReadonlySet<string> = new Set([
  'application/graphql',
  'application/javascript',
  'application/jsonl',
  'application/x-ndjson',
  'application/x-www-form-urlencoded',
  'application/x-yaml',
  'application/xml',
  'application/yaml',
]);

/** A body that does not say what it is. */
function sniff(body: Uint8Array): ContentKind {
  if (!isUtf8(body)) return 'binary';
  const first = body.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x7b || first === 0x5b ? 'json' : 'text';
}

/**
 * Both bodies as text. UTF-8 where both are valid; otherwise every byte is one character, because two
 * different invalid bytes would both decode to U+FFFD and look equal.
 */
export function asTexts(primary: Uint8Array, candidate: Uint8Array): readonly [string, string] {
  const charset = isUtf8(primary) && isUtf8(candidate) ? 'utf8' : 'latin1';
  return [asText(primary, charset), asText(candidate, charset)];
}

function asText(body: Uint8Array, charset: 'utf8' | 'latin1'): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(charset);
}
