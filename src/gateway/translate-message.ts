import type { Outcome, RawHeaders } from '../contract/calls.ts';
import { headerValue, isEncoded } from '../wire/headers.ts';
import type { IdPlaces } from '../wire/ids.ts';
import { type Translation, translateBody } from '../wire/translate.ts';
import { hasNoBody, withBodyLength, withoutHeader } from './headers.ts';

/** What of a request decides how its body is translated. */
export type RequestBytes = { readonly headers: RawHeaders; readonly body: Uint8Array };

/** A request's body with the ids of the side that it goes to, in the mirror's copies too; as it is when it is compressed. */
export function translateRequestBody(
  { names }: IdPlaces,
  { headers, body }: RequestBytes,
  translation: Translation,
): Uint8Array {
  if (translation.size === 0 || isEncoded(headers)) return body;
  const pointers = names.flatMap(({ place }) => (place.in === 'body' ? [place.pointer] : []));
  return translateBody(body, translation, pointers);
}

type Answer = Extract<Outcome, { kind: 'answer' }>;
type WholeAnswer = { readonly headers: RawHeaders; readonly body: Uint8Array };

/** An answer that was held, with the ids that its client knows. Its framing is changed only with its body. */
export function translateAnswer(
  { status, headers }: Answer,
  body: Uint8Array,
  { method, back }: { readonly method: string; readonly back: Translation },
): WholeAnswer {
  if (back.size === 0 || isEncoded(headers)) return { headers, body };
  // The length is that of a body which would be translated.
  if (hasNoBody(method, status)) return { headers: withoutHeader(headers, 'content-length'), body };
  const translated = translateBody(body, back);
  // One without a length goes on without: trailers may follow it.
  const keepsHeaders = translated === body || headerValue(headers, 'content-length') === undefined;
  return { headers: keepsHeaders ? headers : withBodyLength(headers, translated.byteLength), body: translated };
}
