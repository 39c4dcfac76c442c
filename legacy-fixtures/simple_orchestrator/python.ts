/** The few places where a caller can see that the original is written in Python. */

/** `datetime.isoformat()` of a naive UTC time: no zone, microseconds, no fraction when it is zero. */
export function pythonIsoformat(micros: number): string {
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  const fraction = Math.floor(micros) % 1_000_000;
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(6, '0')}`;
}

/**
 * `round(value, 2)`: correctly rounded, ties to even. `toFixed` rounds correctly but ties up, and a double is a
 * tie at two decimals only when it is an odd number of eighths.
 */
export function pythonRound2(value: number): number {
  const isTie = Math.abs((value * 8) % 2) === 1;
  if (!isTie) return Number(value.toFixed(2));
  const below = Math.floor(value * 100);
  return (below % 2 === 0 ? below : below + 1) / 100;
}

/** `repr()` of a JSON value. Numbers look as JavaScript prints them: JSON.parse has already merged 1 and 1.0. */
export function pythonRepr(value: unknown): string {
  if (typeof value === 'string') return reprText(value);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (typeof value === 'object') {
    const items = Object.entries(value).map(([key, item]) => `${reprText(key)}: ${pythonRepr(item)}`);
    return `{${items.join(', ')}}`;
  }
  return String(value);
}

/** `type(value).__name__` of a JSON value. */
export function pythonTypeName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
      return 'dict';
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = '';
  for (const character of text) out += character === quote ? `\\${quote}` : reprCharacter(character);
  return quote + out + quote;
}

function reprCharacter(character: string): string {
  const escaped = ESCAPES[character];
  if (escaped !== undefined) return escaped;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return isLoneSurrogate ? `\\u${code.toString(16)}` : character;
}
