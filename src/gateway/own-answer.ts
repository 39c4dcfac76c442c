import { STATUS_CODES } from 'node:http';
import type { BanyanError } from '../contract/errors.ts';

/** The body of an answer that is Banyan's own: JSON. */
export function errorBody({ code, message, hint }: BanyanError): string {
  return JSON.stringify({ error: { code, message, hint } });
}

/** The same as a whole answer, for connections on which no request could be read. */
export function rawAnswer(error: BanyanError): string {
  const body = errorBody(error);
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
