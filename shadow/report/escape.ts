/**
 * Control characters (ANSI sequences start with one), separators that break lines, invisible and
 * direction-changing characters (CVE-2021-42574), and lone surrogates.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text from a service or a client, safe to print on a terminal: one line, nothing hidden. */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? codeOf(character));
}

function codeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
  return code.length > 4 ? `\\u{${code}}` : `\\u${code}`;
}

/** Text from a service or a client, safe in a cell of a Markdown table; addresses are not made into links. */
export function markdown(text: string): string {
  return visible(text)
    .replace(/[\\`*_[\]<>&$#~@|]/g, '\\$&')
    .replace(/:(?=\/\/)|(?<=www)\./gi, '\\$&');
}
