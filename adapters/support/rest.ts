/** Replies in the style of FastAPI, which the REST routes of the legacy services share. */
import type { Reply } from '../../src/contract/adapter.ts';

export function detail(status: number, text: string): Reply {
  return { status, body: { detail: text } };
}

export const NOT_FOUND: Reply = detail(404, 'Not Found');

export const TOO_LARGE: Reply = detail(413, 'Request Entity Too Large');

export const INTERNAL_ERROR: Reply = detail(500, 'Internal Server Error');

export function methodNotAllowed(allowed: readonly string[]): Reply {
  return { ...detail(405, 'Method Not Allowed'), headers: { allow: allowed.join(', ') } };
}
