import { type Json, JsonArray, JsonObject } from './json.ts';
import type { Budget } from './limits.ts';
import { exactNumber } from './numbers.ts';

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  /** `at` is an offset in the text. */
  | { readonly ok: false; readonly at: number; readonly expected: string };

/**
 * Parses JSON (RFC 8259) without loss; accepts exactly what `JSON.parse` accepts.
 * @throws GiveUp `too_complex` when the budget is spent or the text is nested too deep
 */
export function parseJson(text: string, budget: Budget): Parsed {
  try {
    return { ok: true, value: new Parser(text, budget).document() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, at: error.at, expected: error.expected };
    throw error;
  }
}

class Malformed extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(`expected ${expected}`);
    this.at = at;
    this.expected = expected;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const POINT = 0x2e;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** Recursive descent, as deep as the budget allows. */
class Parser {
  readonly #text: string;
  readonly #budget: Budget;
  /** Members of the objects and arrays that are still open. */
  readonly #keys: string[] = [];
  readonly #values: Json[] = [];
  #at = 0;
  #depth = 0;

  constructor(text: string, budget: Budget) {
    this.#text = text;
    this.#budget = budget;
  }

  document(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new Malformed(this.#at, 'the end');
    return value;
  }

  #value(): Json {
    this.#budget.spend();
    this.#space();
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#string();
      case OPEN_OBJECT:
        return this.#object();
      case OPEN_ARRAY:
        return this.#array();
      case 0x74:
        return this.#literal('true', true);
      case 0x66:
        return this.#literal('false', false);
      case 0x6e:
        return this.#literal('null', null);
      default:
        return exactNumber(this.#number());
    }
  }

  #object(): JsonObject {
    this.#open();
    const firstKey = this.#keys.length;
    const firstValue = this.#values.length;
    while (!this.#closes(CLOSE_OBJECT, this.#keys.length === firstKey)) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw new Malformed(this.#at, 'a key');
      this.#keys.push(this.#string());
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== COLON) throw new Malformed(this.#at, '":"');
      this.#at += 1;
      this.#values.push(this.#value());
    }
    return new JsonObject(take(this.#keys, firstKey), take(this.#values, firstValue));
  }

  #array(): JsonArray {
    this.#open();
    const first = this.#values.length;
    while (!this.#closes(CLOSE_ARRAY, this.#values.length === first)) this.#values.push(this.#value());
    return new JsonArray(take(this.#values, first));
  }

  #open(): void {
    this.#at += 1;
    this.#depth += 1;
    this.#budget.enter(this.#depth);
  }

  /** Steps over the closing bracket, or over the comma before the next member. */
  #closes(bracket: number, isEmpty: boolean): boolean {
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    if (code === bracket) {
      this.#at += 1;
      this.#depth -= 1;
      return true;
    }
    if (isEmpty) return false;
    if (code !== COMMA) throw new Malformed(this.#at, `"," or "${String.fromCharCode(bracket)}"`);
    this.#at += 1;
    return false;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) return this.#escapedString(start, at);
      // NaN past the end; control characters must be escaped.
      if (!(code >= 0x20)) throw new Malformed(at, "a character of a string or '\"'");
      at += 1;
    }
    this.#at = at + 1;
    return text.slice(start, at);
  }

  #escapedString(start: number, firstEscape: number): string {
    const text = this.#text;
    const pieces: string[] = [];
    let from = start;
    let at = firstEscape;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        pieces.push(text.slice(from, at), this.#escape(at));
        at += text.charCodeAt(at + 1) === 0x75 ? 6 : 2;
        from = at;
        continue;
      }
      if (!(code >= 0x20)) throw new Malformed(at, "a character of a string or '\"'");
      at += 1;
    }
    pieces.push(text.slice(from, at));
    this.#at = at + 1;
    return pieces.join('');
  }

  /** What the escape at `at` stands for. A lone surrogate is kept as it is. */
  #escape(at: number): string {
    const letter = this.#text.charAt(at + 1);
    if (letter === 'u') {
      const hex = this.#text.slice(at + 2, at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Malformed(at, 'four hex digits');
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const character = ESCAPES.get(letter);
    if (character === undefined) throw new Malformed(at, 'an escape');
    return character;
  }

  /** The text of a number: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` */
  #number(): string {
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(this.#at) === MINUS) this.#at += 1;
    if (text.charCodeAt(this.#at) === 0x30) this.#at += 1;
    else this.#digits(this.#at === start ? 'a value' : 'a digit');
    if (text.charCodeAt(this.#at) === POINT) {
      this.#at += 1;
      this.#digits('a digit');
    }
    const code = text.charCodeAt(this.#at);
    if (code === 0x65 || code === 0x45) {
      this.#at += 1;
      const sign = text.charCodeAt(this.#at);
      if (sign === MINUS || sign === 0x2b) this.#at += 1;
      this.#digits('a digit');
    }
    return text.slice(start, this.#at);
  }

  #digits(expected: string): void {
    const start = this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (!(code >= 0x30 && code <= 0x39)) break;
      this.#at += 1;
    }
    if (this.#at === start) throw new Malformed(start, expected);
  }

  #literal(word: string, value: boolean | null): boolean | null {
    if (!this.#text.startsWith(word, this.#at)) throw new Malformed(this.#at, 'a value');
    this.#at += word.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }
}

/** Cuts off what stands from `first` on: arrays that grow by pushing keep 17 slots for one element. */
function take<T>(stack: T[], first: number): T[] {
  const taken = stack.slice(first);
  stack.length = first;
  return taken;
}
