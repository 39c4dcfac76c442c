import { nameSays } from './names.ts';
import type { Span } from './span.ts';

const NAME_CHARS_MAX = 64;
/** Spaces, quotes and backslashes between a name, its `:` or `=`, and its value. */
const GAP_CHARS_MAX = 8;

/** Values behind a secret name: `password=x`, `"token": "x"`, `Cookie: a=b; c=d`, also as escaped JSON. Linear. */
export function* findNamed(text: string): Generator<Span> {
  let from = 0;
  for (const { index } of text.matchAll(/[:=]/g)) {
    if (index < from) continue;
    const name = nameBefore(text, index);
    const says = nameSays(name);
    if (says === null) continue;
    const span = valueAfter(text, index + 1, /authorization|cookie/i.test(name));
    const value = text.slice(span.start, span.end);
    if (value === '' || (says === 'texts' && /^\d+,?$/.test(value))) continue;
    yield span;
    from = span.end;
  }
}

function nameBefore(text: string, separator: number): string {
  let end = separator;
  while (end > 0 && separator - end < GAP_CHARS_MAX && isGap(text.charAt(end - 1))) end -= 1;
  let start = end;
  while (start > 0 && end - start < NAME_CHARS_MAX && /[A-Za-z0-9_.-]/.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start, end);
}

function valueAfter(text: string, separator: number, wholeLine: boolean): Span {
  let start = separator;
  while (start - separator < GAP_CHARS_MAX && start < text.length && isGap(text.charAt(start))) start += 1;
  const opening = text.charAt(start - 1);
  const isQuoted = start > separator && (opening === '"' || opening === "'");
  return { start, end: isQuoted ? quoteEnd(text, start, opening) : bareEnd(text, start, wholeLine), kind: 'secret' };
}

function isGap(character: string): boolean {
  return character === ' ' || character === '\t' || character === '"' || character === "'" || character === '\\';
}

/** An opening quote behind a backslash closes behind one too; any other closes where no backslash escapes it. */
function quoteEnd(text: string, start: number, quote: string): number {
  const isEscaped = text.charAt(start - 2) === '\\';
  for (let at = start; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') {
      if (isEscaped && text.charAt(at + 1) === quote) return at;
      at += 1;
    } else if (text.charAt(at) === quote) return at;
  }
  return text.length;
}

function bareEnd(text: string, start: number, wholeLine: boolean): number {
  const stops = wholeLine ? /[\r\n"]/g : /[\s&"'<>]/g;
  stops.lastIndex = start;
  return stops.exec(text)?.index ?? text.length;
}
