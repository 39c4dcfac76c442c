/** A request target in origin-form, checked once; matching and forwarding use this same text. */
export type Target = {
  /** Path and query as received. */
  readonly raw: string;
  readonly path: string;
  /** After the `?`, or empty. */
  readonly query: string;
};

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const BROKEN_PERCENT = /%(?![0-9a-fA-F]{2})/;
/** `.` and `..` as whole segments, plain or encoded, with `/` or `\` (plain or encoded) around them. */
const DOT_SEGMENT = /(?:^|\/|%2f|%5c)(?:\.|%2e){1,2}(?:$|\/|;|%2f|%5c)/i;

/**
 * Reads a request target, or says in a few words why it is refused. Only origin-form (RFC 9112 §3.2.1) is
 * taken, and nothing in it is normalised: what two programs could read differently is refused, because a
 * rule that matched one reading must not guard a request that the upstream reads otherwise.
 */
export function parseTarget(raw: string): Target | { readonly refused: string } {
  if (!raw.startsWith('/')) return { refused: 'it is not in origin-form' };
  if (raw.startsWith('//')) return { refused: 'it starts with "//"' };
  if (!VISIBLE_ASCII.test(raw)) return { refused: 'it has characters outside visible ASCII' };
  const questionMark = raw.indexOf('?');
  const path = questionMark === -1 ? raw : raw.slice(0, questionMark);
  const query = questionMark === -1 ? '' : raw.slice(questionMark + 1);
  const refused = refusedPath(path) ?? (raw.includes('#') ? 'it has a fragment' : undefined);
  return refused === undefined ? { raw, path, query } : { refused };
}

function refusedPath(path: string): string | undefined {
  if (path.includes('\\')) return 'its path has a backslash';
  if (BROKEN_PERCENT.test(path)) return 'its path has a broken percent-encoding';
  if (/%00/.test(path)) return 'its path has an encoded NUL';
  if (DOT_SEGMENT.test(path)) return 'its path has a "." or ".." segment';
  return undefined;
}
