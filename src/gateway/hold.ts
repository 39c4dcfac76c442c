import type { RawHeaders } from '../contract/calls.ts';
import { headerValue, isEncoded, isText } from '../wire/headers.ts';
import type { IdPlaces } from '../wire/ids.ts';
import type { Translation } from '../wire/translate.ts';
import { hasNoBody } from './headers.ts';

/** Which ids may stand in an answer that the client must not see as they come. */
export type AwaitedIds = {
  /** Of what the call creates, by where the wire says that they stand: recorded before they are told. */
  readonly createdIn: { readonly header: boolean; readonly body: boolean };
  /** Of what the call names: the client knows them by other ids. */
  readonly translated: boolean;
};

/**
 * `null`: none.
 *
 * @param creates where ids of what is created may stand, if that is recorded
 */
export function awaitedIds(creates: IdPlaces['creates'], translation: Translation): AwaitedIds | null {
  const translated = translation.size > 0;
  if (creates.length === 0 && !translated) return null;
  const header = creates.some(({ place }) => place.in === 'header');
  return { createdIn: { header, body: creates.some(({ place }) => place.in === 'body') }, translated };
}

/** `unread`: ids may stand in it all the same. */
export type Treatment = 'hold' | 'stream' | 'unread';

/**
 * Whether an answer waits until it is whole: where ids can be read in it and an end is in sight. What goes on for as
 * long as it likes, such as events, is passed on as it comes.
 *
 * @param bytesMax of a body that is not known to be text
 */
export function treatmentOf(
  { createdIn, translated }: AwaitedIds,
  { method, status, headers }: { readonly method: string; readonly status: number; readonly headers: RawHeaders },
  bytesMax: number,
): Treatment {
  const created = status >= 200 && status <= 299;
  if (created && createdIn.header) return 'hold';
  if (!translated && !(created && createdIn.body)) return 'stream';
  if (!isEncoded(headers) && hasEndInSight(headers, bytesMax)) return 'hold';
  return hasNoBody(method, status) ? 'stream' : 'unread';
}

function hasEndInSight(headers: RawHeaders, bytesMax: number): boolean {
  const type = headerValue(headers, 'content-type');
  if (type !== undefined && /^text\/event-stream\b/i.test(type)) return false;
  if (isText(type)) return true;
  const length = headerValue(headers, 'content-length');
  return length !== undefined && Number(length) <= bytesMax;
}
