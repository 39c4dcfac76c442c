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
