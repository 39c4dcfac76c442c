import { createHash } from 'node:crypto';
import type { RawHeaders } from '../../contract/calls.ts';
import { BanyanError } from '../../contract/errors.ts';
import { headerValue } from '../../wire/headers.ts';
import { joined } from '../headers.ts';
import { LENGTH } from '../http1/fields.ts';

/** The one version of the protocol (RFC 6455 §4.1). */
export const WEBSOCKET_VERSION = '13';

/** What every server hashes with the client's key (RFC 6455 §1.3). */
const PROTOCOL_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Sixteen bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** Whether a request offers to go on as a WebSocket. Other protocols that it may offer (h2c) are declined by silence. */
export function asksForWebSocket(headers: RawHeaders): boolean {
  return namesWebSocket(headerValue(headers, 'upgrade'));
}

/** Whether a value of the header Upgrade names WebSockets among the protocols to go on with. */
export function namesWebSocket(upgrade: string | undefined): boolean {
  return tokens(upgrade).includes('websocket');
}

/** What of a request says whether it is a handshake. */
export type HandshakeHead = {
  readonly method?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: RawHeaders;
};

/** The key of a handshake that the protocol allows (RFC 6455 §4.2.1), or the error that says what is wrong with it. */
export function keyOfHandshake(head: HandshakeHead): string | BanyanError {
  const { method, httpVersionMajor: major, httpVersionMinor: minor, rawHeaders } = head;
  if (method !== 'GET') return bad(`its method is ${method}, not GET`);
  if (major !== 1 || minor !== 1) return bad(`it is of HTTP/${major}.${minor}, not HTTP/1.1`);
  if (!asksForWebSocket(rawHeaders)) return bad('it does not ask for a WebSocket');
  if (hasBody(rawHeaders)) return bad('it has a body');
  const version = headerValue(rawHeaders, 'sec-websocket-version');
  if (version !== WEBSOCKET_VERSION) {
    return new BanyanError(
      'WEBSOCKET_VERSION',
      `version ${version ?? '(none)'} of the WebSocket protocol was asked for`,
    );
  }
  const keys = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === KEY_HEADER && index % 2 === 1);
  const [key = ''] = keys;
  return keys.length === 1 && KEY.test(key) ? key : bad('it has no single Sec-WebSocket-Key of 16 bytes in base64');
}

/** A length of 0 says that there is none. */
function hasBody(headers: RawHeaders): boolean {
  const length = headerValue(headers, 'content-length');
  return headerValue(headers, 'transfer-encoding') !== undefined || (length !== undefined && Number(length) !== 0);
}

const KEY_HEADER = 'sec-websocket-key';

function bad(what: string): BanyanError {
  return new BanyanError('BAD_UPGRADE', `the WebSocket handshake is refused: ${what}`);
}

/** Why a 101 does not open a WebSocket (RFC 6455 §4.1), or `null`: an upstream that only looks like one must not get raw bytes. */
export function problemOfSwitch(headers: RawHeaders, key: string): string | null {
  const offered = headerValue(headers, 'upgrade');
  if (offered?.toLowerCase() !== 'websocket') return `its 101 switches to ${offered ?? 'nothing'}, not to websocket`;
  if (!tokens(headerValue(headers, 'connection')).includes('upgrade')) return 'its 101 has no Connection: Upgrade';
  if (headerValue(headers, 'sec-websocket-accept') === acceptOf(key)) return null;
  return 'the Sec-WebSocket-Accept of its 101 does not answer the key';
}

/**
 * Why an answer that is no 101 cannot be passed on, or `null`. Node's parser takes a status of 000, lengths that no
 * number holds, and codings that only the sender could undo; that of the other calls does not (upstream/answer-parser.ts).
 */
export function problemOfAnswer(status: number, headers: RawHeaders): string | null {
  if (status < 100) return `its status is ${status}`;
  const length = headerValue(headers, 'content-length');
  if (length !== undefined && !LENGTH.test(length)) return 'it has no one length';
  const coding = headers.reduce<string | undefined>(
    (list, name, index) =>
      index % 2 === 0 && name.toLowerCase() === 'transfer-encoding' ? joined(list, headers[index + 1] ?? '') : list,
    undefined,
  );
  return coding === undefined || coding.toLowerCase() === 'chunked' ? null : 'its transfer coding is not chunked';
}

export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + PROTOCOL_GUID)
    .digest('base64');
}

function tokens(list: string | undefined): readonly string[] {
  return list === undefined ? [] : list.split(',').map((token) => token.trim().toLowerCase());
}
