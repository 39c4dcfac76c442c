import { FIELD_TEXT } from '../headers.ts';
import { UpstreamFailure } from './failure.ts';
import type { LegRequest } from './leg-request.ts';

/** A target that is one word: no byte of it can end the line. */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * The head of a request as it goes on the wire, latin-1, with the empty line. Framing is what `request.headers` say,
 * or chunked.
 * @throws UpstreamFailure `malformed` for what cannot be put on a wire: an id that was translated may hold anything
 */
export function headText({ method, target, headers, expectsContinue }: LegRequest, chunked: boolean): string {
  if (!TARGET.test(target)) throw new UpstreamFailure('malformed', 'the target holds a byte that no target may hold');
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (let index = 0; index < headers.length; index += 2) text += line(headers[index], headers[index + 1]);
  if (chunked) text += 'transfer-encoding: chunked\r\n';
  if (expectsContinue === true) text += 'expect: 100-continue\r\n';
  return `${text}\r\n`;
}

function line(name = '', value = ''): string {
  if (FIELD_TEXT.test(value)) return `${name}: ${value}\r\n`;
  throw new UpstreamFailure('malformed', `the header ${name} holds a byte that no header may hold`);
}
