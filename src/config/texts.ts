import { isIP, isIPv4 } from 'node:net';
import { isAbsolute } from 'node:path';
import type { Listen, UnixListen } from '../contract/listen.ts';
import type { Match } from '../contract/specs.ts';
import { parsePointer } from '../wire/places.ts';
import { parseTarget } from '../wire/target.ts';

/*
 * The small languages of the config's texts. Each function reads one, or throws a RangeError that says what
 * was expected; the schema adds what stood there.
 */

const HOST_NAME = /^(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,20}$/;

/** Reads `127.0.0.1:8080`, `localhost:0` or `[::1]:8080`. */
export function parseListen(text: string): Listen {
  const [, bracketed, plain, digits] = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([^:[\]]{1,253})):(\d{1,9})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || !isHost(host, bracketed !== undefined))
    throw new RangeError('expected "host:port", such as 127.0.0.1:8080 or "[::1]:8080"');
  const port = Number(digits);
  if (port > 65_535) throw new RangeError('expected a port from 0 to 65535');
  return { host: host.toLowerCase(), port };
}

/** What the kernel of most systems takes as the path of a socket, in bytes (`sun_path`, less its last NUL). */
const UNIX_PATH_BYTES_MAX = 103;

/** Reads an address as above, or `unix:/run/banyan.sock`. The mode is a key of its own. */
export function parseDataListen(text: string): Listen | Pick<UnixListen, 'unix'> {
  if (!text.startsWith('unix:')) return parseListen(text);
  const unix = text.slice('unix:'.length);
  if (!isAbsolute(unix) || unix.endsWith('/') || Buffer.byteLength(unix) > UNIX_PATH_BYTES_MAX)
    throw new RangeError(
      `expected "unix:" and an absolute path of at most ${UNIX_PATH_BYTES_MAX} bytes, such as unix:/run/banyan.sock`,
    );
  return { unix };
}

/** Reads the permissions of a file as `chmod` does: `0660`. */
export function parseMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) throw new RangeError('expected permissions in octal and in quotes, such as "0660"');
  return Number.parseInt(text, 8);
}

function isHost(host: string, bracketed: boolean): boolean {
  if (bracketed) return isIP(host) === 6;
  // What looks like an IPv4 address must be one: resolvers read 127.1 and 0x7f.1 each in their own way.
  return /^[\d.]+$/.test(host) ? isIPv4(host) : HOST_NAME.test(host);
}

/** Reads an address or a network of them: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`. */
export function parseNetwork(text: string): string {
  const [, address = '', digits] = /^([0-9A-Fa-f:.]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const prefixMax = version === 6 ? 128 : 32;
  if (version === 0 || Number(digits ?? 0) > prefixMax)
    throw new RangeError('expected an address or a network, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8');
  return text.toLowerCase();
}

const EXPECTED_URL = 'expected an http:// or https:// URL, such as http://127.0.0.1:9001';

/**
 * Reads the address of an instance: `http://host:port`, `http://host:port/base`, `unix:/run/app.sock` or
 * `unix:/run/app.sock:/base`; it comes back without a slash at the end.
 */
export function parseUpstream(text: string): string {
  return /^unix:/i.test(text) ? parseUnixUpstream(text) : parseUrl(text);
}

function parseUrl(text: string): string {
  if (text.includes('${')) throw new RangeError(`${EXPECTED_URL} ("\${NAME}" is not replaced)`);
  const [, authority, rest] = /^https?:\/\/([^/?#\\\s]+)([/?#].*)?$/i.exec(text) ?? [];
  if (authority === undefined) throw new RangeError(EXPECTED_URL);
  if (authority.includes('@')) throw new RangeError('expected a URL without a user name or password');
  const port = /:(\d+)$/.exec(authority)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw new RangeError('expected a URL with a port from 1 to 65535');
  if (rest !== undefined) checkBasePath(rest);
  if (!URL.canParse(text)) throw new RangeError(EXPECTED_URL);
  return `${new URL(text).origin}${rest ?? ''}`.replace(/\/$/, '');
}

/** Reads the URL of a collector: without a path it is that of OTLP for traces. */
export function parseEndpoint(text: string): string {
  const base = parseUrl(text);
  return new URL(base).pathname === '/' ? `${base}/v1/traces` : base;
}

/** `sun_path` holds 108 bytes with the zero at its end (unix(7)); some systems have a little less. */
const SOCKET_PATH_BYTES_MAX = 107;

function parseUnixUpstream(text: string): string {
  const [, path, rest = ''] = /^unix:(\/[^:?#\p{Cc}]+)(?::(.*))?$/iu.exec(text) ?? [];
  if (path === undefined || path.endsWith('/') || (rest !== '' && !rest.startsWith('/')))
    throw new RangeError(
      'expected the absolute path of a socket, such as unix:/run/app.sock or unix:/run/app.sock:/base',
    );
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX)
    throw new RangeError(`expected the path of a socket of at most ${SOCKET_PATH_BYTES_MAX} bytes`);
  if (rest !== '') checkBasePath(rest);
  const base = rest.replace(/\/$/, '');
  return base === '' ? `unix:${path}` : `unix:${path}:${base}`;
}

/** Reads the name that a certificate must be for. */
export function parseServername(text: string): string {
  if (isIP(text) !== 0 || !isHost(text, false)) throw new RangeError('expected a host name, such as billing.internal');
  return text.toLowerCase();
}

function checkBasePath(rest: string): void {
  if (/[?#]/.test(rest)) throw new RangeError('expected a URL without a query or fragment');
  const target = parseTarget(rest);
  if ('refused' in target) throw new RangeError(`expected a URL with another path (${target.refused})`);
}

const PARAM = /^:[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads the path of an operation: `/billing/invoices/:id`. */
export function parseOperationPath(text: string): string {
  checkPath(text);
  const segments = text.split('/');
  const params = segments.filter((segment) => segment.startsWith(':'));
  if (params.some((param) => !PARAM.test(param)) || segments.some((segment) => /[*{}]/.test(segment)))
    throw new RangeError('expected a path whose variable segments are written ":name", such as /invoices/:id');
  if (new Set(params).size < params.length) throw new RangeError('expected a path that uses each ":name" once');
  return text;
}

/** Reads the prefix of a match; `/billing/` is `/billing`. */
export function parsePrefix(text: string): string {
  checkPath(text);
  return text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
}

/** What the data port would refuse as a request can never be matched. */
function checkPath(text: string): void {
  if (!text.startsWith('/')) throw new RangeError('expected a path that starts with "/"');
  const target = parseTarget(text);
  if ('refused' in target) throw new RangeError(`expected a path such as /billing (${target.refused})`);
  if (text.includes('?')) throw new RangeError('expected a path without a query');
}

/** `path.id` names the segment `:id`. */
export function paramsOf(path: string): readonly string[] {
  return path
    .split('/')
    .filter((segment) => segment.startsWith(':'))
    .map((segment) => segment.slice(1));
}

/** Reads the host of a match as a Host header has it, without its port: `billing.internal`, `10.0.0.7`, `[::1]`. */
export function parseHostName(text: string): string {
  const bracketed = /^\[([^[\]]*)\]$/.exec(text)?.[1];
  if (!isHost(bracketed ?? text, bracketed !== undefined))
    throw new RangeError('expected a host name without a port, such as billing.internal');
  return text.toLowerCase();
}

const EXPECTED_HEADER = 'expected one header, as "x-service: billing" or { x-service: billing }';
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/;
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Reads the header of a match, in either of its two forms. */
export function parseHeaderMatch(input: string | Readonly<Record<string, string>>): Match {
  const [name, value] = typeof input === 'string' ? splitHeader(input) : onlyEntry(input);
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) throw new RangeError(EXPECTED_HEADER);
  if (name.toLowerCase() === 'host')
    throw new RangeError('expected a header other than Host, which "match.host" is for');
  return { by: 'header', name: name.toLowerCase(), value };
}

function splitHeader(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  return [text.slice(0, Math.max(0, colon)).trim(), text.slice(colon + 1).trim()];
}

function onlyEntry(input: Readonly<Record<string, string>>): readonly [name: string, value: string] {
  const [entry, ...more] = Object.entries(input);
  if (entry === undefined || more.length > 0) throw new RangeError(EXPECTED_HEADER);
  return entry;
}

/** Reads the place of a compare rule: a JSON Pointer with `*` for any one key and a last `**` for all below. */
export function parseCompareAt(text: string): string {
  const tokens = parsePointer(text);
  if (tokens.slice(0, -1).includes('**')) throw new RangeError('expected "**" at the end of a JSON Pointer only');
  return text;
}
