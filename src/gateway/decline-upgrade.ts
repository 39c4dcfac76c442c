import type { IncomingMessage } from 'node:http';
import type { RawHeaders } from '../contract/calls.ts';

/**
 * Before 22.21 and 24.9, Node cannot be told which upgrades are wanted: it takes every request that offers one off its
 * connection. This is such a request as it would have come without its offer, with which the connection can be given to
 * the server once more. It is the last of its connection, so that this happens to a connection once.
 *
 * @param first what came behind the head
 */
export function withoutOffer({ method, url, httpVersion, rawHeaders }: IncomingMessage, first: Buffer): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`, ...headerLines(rawHeaders), 'Connection: close'];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), first]);
}

/** What Connection nominated goes with it (RFC 9110 §7.6.1). */
function headerLines(raw: RawHeaders): readonly string[] {
  const dropped = new Set(['upgrade', 'connection', 'http2-settings']);
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== 'connection') continue;
    for (const name of (raw[index + 1] ?? '').split(',')) dropped.add(name.trim().toLowerCase());
  }
  for (const name of FRAMING) dropped.delete(name);
  return raw.flatMap((name, index) =>
    index % 2 === 0 && !dropped.has(name.toLowerCase()) ? [`${name}: ${raw[index + 1]}`] : [],
  );
}

/** Not for a client to take away, whatever its Connection says. */
const FRAMING = ['host', 'content-length', 'transfer-encoding'];
