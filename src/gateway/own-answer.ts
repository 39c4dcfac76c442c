import { STATUS_CODES } from 'node:http';
import type { BanyanError } from '../contract/errors.ts';

/** The body of an answer that is Banyan's own: JSON. */
export function errorBody({ code, message, hint }: BanyanError): string {
  return JSON.stringify({ error: { code, message, hint } });
}

/** The Date of an answer that is Banyan's own. */
export function dateNow(): string {
  return new Date().toUTCString();
}

export type OwnAnswerOptions = {
  /** Further lines of its head, with CRLF behind each: how the connection goes on. */
  readonly fields: string;
  /** `false` for an answer to HEAD. */
  readonly body: boolean;
};

const LAST: OwnAnswerOptions = { fields: 'connection: close\r\n', body: true };

/** The same as a whole answer on the wire, in UTF-8; the last of its connection unless told otherwise. */
export function rawAnswer(error: BanyanError, { fields, body: hasBody } = LAST): string {
  const body = errorBody(error);
  return (
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}\r\n` +
    'content-type: application/json\r\n' +
    `content-length: ${Buffer.byteLength(body)}\r\n` +
    (error.status === 503 ? 'retry-after: 1\r\n' : '') +
    `date: ${dateNow()}\r\n` +
    `${fields}\r\n${hasBody ? body : ''}`
  );
}
