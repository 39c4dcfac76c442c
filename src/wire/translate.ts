import { isUtf8 } from 'node:buffer';
import { parseJson } from './ids.ts';
import { numberSpan } from './number-span.ts';
import { valueAt } from './places.ts';
import { decodeSegment } from './routes.ts';

/** Ids to write in place of others: from → to. */
export type Translation = ReadonlyMap<string, string>;

export const NO_TRANSLATION: Translation = new Map();

/** Shorter ids than this are replaced only where they are a whole JSON value, a path segment or a parameter. */
const EMBEDDED_ID_MIN = 8;

/** Replaces ids in a request target: whole path segments and whole query values. */
export function translateTarget(target: string, translation: Translation): string {
  if (translation.size === 0) return target;
  const [path = '', ...query] = target.split('?');
  const segments = path.split('/').map((segment) => replacement(decodeSegment(segment), translation) ?? segment);
  if (query.length === 0) return segments.join('/');
  const parameters = query
    .join('?')
    .split('&')
    .map((parameter) => translateParameter(parameter, translation));
  return `${segments.join('/')}?${parameters.join('&')}`;
}

function translateParameter(parameter: string, translation: Translation): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) return parameter;
  const value = replacement(decodeSegment(parameter.slice(equals + 1).replaceAll('+', ' ')), translation);
  return value === undefined ? parameter : parameter.slice(0, equals + 1) + value;
}

function replacement(value: string | null, translation: Translation): string | undefined {
  const to = value === null ? undefined : translation.get(value);
  return to === undefined ? undefined : encodeURIComponent(to);
}

/**
 * Replaces ids in a text body without parsing it, so that numbers, key order and white space stay as they
 * are: long ids wherever they stand, short ones where they are a whole JSON string. Gives the body itself when there
 * is nothing to replace, or when it is not UTF-8.
 */
export function translateBody(body: Uint8Array, translation: Translation): Uint8Array {
  if (translation.size === 0 || body.byteLength === 0 || !isUtf8(body)) return body;
  const text = TEXT.decode(body);
  const translated = translateText(text, translation);
  return translated === text ? body : new TextEncoder().encode(translated);
}

/** Keeps a byte order mark, as every other byte. */
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

/** All replacements in one pass, so that swapping two ids works. */
export function translateText(text: string, translation: Translation): string {
  const patterns = [...translation.keys()]
    .sort((a, b) => b.length - a.length)
    .map((id) => (id.length >= EMBEDDED_ID_MIN ? escapeRegExp(id) : `(?<=")${escapeRegExp(id)}(?=")`));
  return text.replace(new RegExp(patterns.join('|'), 'g'), (id) => translation.get(id) ?? id);
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Replaces numeric ids, which text replacement leaves alone (42 may also be an amount), at the places where
 * the wire says that an id stands. Costs a parse of the body, and a walk over it where one does stand there.
 */
export function translateNumbersAt(
  body: Uint8Array,
  translation: Translation,
  pointers: readonly (readonly string[])[],
): Uint8Array {
  const root = parseJson(body);
  const named = pointers.flatMap((pointer) => {
    const id = valueAt(root, pointer);
    const to = typeof id === 'number' ? translation.get(String(id)) : undefined;
    return to === undefined ? [] : [{ pointer, to: /^\d{1,15}$/.test(to) ? String(Number(to)) : JSON.stringify(to) }];
  });
  if (named.length === 0) return body;
  const text = TEXT.decode(body);
  return new TextEncoder().encode(named.reduce((changed, { pointer, to }) => withNumber(changed, pointer, to), text));
}

/** What was replaced by a text is no number any more, and stays. */
function withNumber(text: string, pointer: readonly string[], to: string): string {
  const span = numberSpan(text, pointer);
  return span === null ? text : text.slice(0, span.start) + to + text.slice(span.end);
}
