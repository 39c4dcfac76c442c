import { isUtf8 } from 'node:buffer';
import { parseJson } from './ids.ts';
import { numberStart } from './number-start.ts';
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
 * Replaces ids in a text body, and no other byte of it: long ids wherever they stand, short ones where they are a whole
 * JSON string, or a number at one of `numbersAt` (42 may also be an amount). Gives the body itself when there is nothing to
 * replace, or when it is not UTF-8.
 *
 * @param numbersAt JSON pointers to the places where the wire says that an id stands
 */
export function translateBody(
  body: Uint8Array,
  translation: Translation,
  numbersAt: readonly (readonly string[])[] = [],
): Uint8Array {
  if (translation.size === 0 || body.byteLength === 0 || !isUtf8(body)) return body;
  const text = TEXT.decode(body);
  const root = parseJson(body);
  const translated =
    root === undefined
      ? translateText(text, translation)
      : translateJson(text, translation, startsOf(root, text, translation, numbersAt));
  return translated === text ? body : new TextEncoder().encode(translated);
}

/** Keeps a byte order mark, as every other byte. */
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

/** All replacements in one pass, so that swapping two ids works. */
export function translateText(text: string, translation: Translation): string {
  return text.replace(patternOf(translation), (id) => translation.get(id) ?? id);
}

function patternOf(translation: Translation): RegExp {
  const patterns = [...translation.keys()]
    .sort((a, b) => b.length - a.length)
    .map((id) => (id.length >= EMBEDDED_ID_MIN ? escapeRegExp(id) : `(?<=")${escapeRegExp(id)}(?=")`));
  return new RegExp(patterns.join('|'), 'g');
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Texts, and what stands bare. Linear: no part can match what another can. */
const VALUES = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}[\],:]+/g;

/** @param numbersAt where short numbers that are ids begin */
function translateJson(text: string, translation: Translation, numbersAt: ReadonlySet<number>): string {
  const pattern = patternOf(translation);
  return text.replace(VALUES, (value, start: number) => {
    if (value.startsWith('"')) return value.replace(pattern, (id) => translation.get(id) ?? id);
    const id = numbersAt.has(start) ? String(Number(value)) : value.length >= EMBEDDED_ID_MIN ? value : null;
    const to = id === null ? undefined : translation.get(id);
    return to === undefined ? value : jsonOf(to);
  });
}

/** What was a number stays one if it can. */
function jsonOf(id: string): string {
  return /^\d{1,15}$/.test(id) ? String(Number(id)) : JSON.stringify(id);
}

function startsOf(
  root: unknown,
  text: string,
  translation: Translation,
  pointers: readonly (readonly string[])[],
): ReadonlySet<number> {
  const starts = new Set<number>();
  for (const pointer of pointers) {
    const id = valueAt(root, pointer);
    const start = typeof id === 'number' && translation.has(String(id)) ? numberStart(text, pointer) : null;
    if (start !== null) starts.add(start);
  }
  return starts;
}
