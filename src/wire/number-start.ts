/** Texts, structure, and everything else; white space stands between. Linear: no part can match what another can. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;
const NUMBER = /^[-\d]/;

/** One level of nesting: an array with its index, or an object with the key that was read last. */
type Level = { readonly isArray: boolean; at: string | number };

/**
 * Where the number at a pointer begins, or `null`. Of members with one name the last one counts, as it does for
 * `JSON.parse`.
 *
 * @param text that `JSON.parse` takes
 */
export function numberStart(text: string, pointer: readonly string[]): number | null {
  const path: Level[] = [];
  let found: number | null = null;
  let isKey = false;
  for (const { 0: token, index: start } of text.matchAll(TOKENS)) {
    const level = path.at(-1);
    if (token === '{' || token === '[') {
      // What was found before is hidden by this one.
      if (isAt(path, pointer)) found = null;
      path.push({ isArray: token === '[', at: token === '[' ? 0 : '' });
      isKey = token === '{';
    } else if (token === '}' || token === ']') path.pop();
    else if (token === ',' && level !== undefined) {
      isKey = !level.isArray;
      if (typeof level.at === 'number') level.at += 1;
    } else if (token === ':') isKey = false;
    else if (isKey && level !== undefined) {
      level.at = JSON.parse(token) as string;
      // A member that comes again takes the place of all that stood under its name.
      if (path.length <= pointer.length && isAt(path, pointer.slice(0, path.length))) found = null;
    } else if (NUMBER.test(token) && isAt(path, pointer)) found = start;
  }
  return found;
}

function isAt(path: readonly Level[], pointer: readonly string[]): boolean {
  return path.length === pointer.length && path.every(({ at }, depth) => String(at) === pointer[depth]);
}
