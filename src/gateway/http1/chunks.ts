import type { Socket } from 'node:net';
import type { RawHeaders } from '../../contract/calls.ts';
import { FIELD_TEXT, forwardedTrailers } from '../headers.ts';

/** Writes a chunk with its framing around it and without a copy of it; gives whether the socket takes more. */
export function writeChunk(socket: Socket, chunk: Uint8Array): boolean {
  socket.cork();
  socket.write(`${chunk.byteLength.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const more = socket.write('\r\n', 'latin1');
  socket.uncork();
  return more;
}

/** What ends a chunked body. Trailers that cannot be put on a wire are left out. */
export function lastChunk(trailers: RawHeaders): string {
  if (trailers.length === 0 || !trailers.every((text) => FIELD_TEXT.test(text))) return '0\r\n\r\n';
  return `0\r\n${fieldLines(forwardedTrailers(trailers))}\r\n`;
}

/** Names and values in turn, as lines. */
export function fieldLines(headers: RawHeaders): string {
  let text = '';
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}
