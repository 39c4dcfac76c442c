import type { RawHeaders } from '../contract/calls.ts';

/** The first value of a header, or undefined. `name` in lower case. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return headers[index + 1];
  }
  return undefined;
}

/** Whether a content type says JSON: `application/json` or any `+json`. */
export function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^[^;]*[/+]json\s*(?:;|$)/i.test(contentType);
}

/** Whether a content type says text: JSON, XML, or any `text/`. */
export function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && /^(?:text\/|[^;]*[/+](?:json|xml)\s*(?:;|$))/i.test(contentType);
}

/** Whether a body is compressed, or coded in another way: then nothing can be read in it. */
export function isEncoded(headers: RawHeaders): boolean {
  const coding = headerValue(headers, 'content-encoding');
  return coding !== undefined && coding !== '' && coding.toLowerCase() !== 'identity';
}
