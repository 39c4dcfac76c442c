import type { RawHeaders } from '../../contract/calls.ts';

/** A field line as it must be (RFC 9112 §5): a name that is a token, a colon right behind it, nothing folded. */
const FIELD_LINE = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+:[\\t\\x20-\\x7e\\x80-\\xff]*";

/** A whole head: its first line, and field lines that end in CRLF. Linear: no part can match what another can. */
export function headPattern(firstLine: string): RegExp {
  return new RegExp(`^${firstLine}(?:\\r\\n${FIELD_LINE})*$`);
}

const FIELD = new RegExp(`^${FIELD_LINE}$`);

/** 15 digits are exact as a number, and more than any body has. */
export const LENGTH = /^\d{1,15}$/;

const CRLF = '\r\n';
export const NO_FIELDS: RawHeaders = [];

/** Names and values in turn, of a text that was found to be field lines. */
export function fieldsOf(text: string, from: number): RawHeaders {
  const fields: string[] = [];
  for (let at = from; at < text.length; ) {
    const next = text.indexOf(CRLF, at);
    const end = next === -1 ? text.length : next;
    const colon = text.indexOf(':', at);
    fields.push(text.slice(at, colon), trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

/** The one field of a line, or `null`: it is none. */
export function fieldOf(line: string): readonly [name: string, value: string] | null {
  if (!FIELD.test(line)) return null;
  const colon = line.indexOf(':');
  return [line.slice(0, colon), trimmed(line, colon + 1, line.length)];
}

/** Without the spaces and tabs around it: `trim()` would take more than those. */
function trimmed(text: string, from: number, until: number): string {
  let start = from;
  let end = until;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

export type FramingFields = {
  length: string | null;
  coding: string | null;
  connection: string | null;
  /** What Keep-Alive says. */
  hint: string | null;
};

/** What says where a message ends, and its connection. Repeated lengths and codings make a list, which is neither. */
export function framingFields(headers: RawHeaders): FramingFields {
  const found: FramingFields = { length: null, coding: null, connection: null, hint: null };
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    // Names of other lengths are not looked at.
    if (name.length === 14 && isNamed(name, 'content-length')) found.length = listed(found.length, value);
    else if (name.length === 17 && isNamed(name, 'transfer-encoding')) found.coding = listed(found.coding, value);
    else if (name.length === 10 && isNamed(name, 'connection')) found.connection = listed(found.connection, value);
    else if (name.length === 10 && isNamed(name, 'keep-alive')) found.hint = value;
  }
  return found;
}

function listed(before: string | null, value: string): string {
  return before === null ? value : `${before},${value}`;
}

/** @param lower in lower case */
export function isNamed(name: string, lower: string): boolean {
  return name === lower || (name.length === lower.length && name.toLowerCase() === lower);
}

/** Whether a list has a token, in any case. */
export function hasToken(list: string | null, token: string): boolean {
  if (list === null || !list.includes(',')) return list !== null && isNamed(list, token);
  return list.split(',').some((item) => isNamed(item.trim(), token));
}

/** Whether another message may follow on the connection (RFC 9112 §9.3). */
export function letsAnotherFollow(connection: string | null, isHttp11: boolean): boolean {
  if (hasToken(connection, 'close')) return false;
  return isHttp11 || hasToken(connection, 'keep-alive');
}
