import type { RawHeaders } from '../../src/contract/calls.ts';
import { asTexts, contentKind, mediaType } from './content.ts';
import { contentEncodings, decode } from './decode.ts';
import type { Differences } from './differences.ts';
import type { Pairing } from './ids.ts';
import { type Json, JsonArray } from './json.ts';
import { Budget, type CompareLimits } from './limits.ts';
import { type Parsed, parseJson } from './parse.ts';
import { Place } from './place.ts';
import { count, render } from './render.ts';
import type { CompiledRules } from './rules.ts';
import { Walk } from './walk.ts';

/** What a body's comparison needs of an answer. */
export type Body = { readonly headers: RawHeaders; readonly bytes: Uint8Array };

/**
 * Compares two bodies and notes where they differ.
 * @throws GiveUp `too_complex`, `decoded_too_large`, `unknown_encoding`
 */
export function compareBodies(
  primary: Body,
  candidate: Body,
  rules: CompiledRules,
  pairing: Pairing,
  limits: CompareLimits,
  found: Differences,
): void {
  if (rules.root.ignore) return;
  const bodies = new Bodies(rules, pairing, limits, found);
  bodies.compare(primary, candidate);
}

const BYTE_ORDER_MARK = '\ufeff';

class Bodies {
  readonly #rules: CompiledRules;
  readonly #limits: CompareLimits;
  readonly #found: Differences;
  readonly #budget: Budget;
  readonly #walk: Walk;
  readonly #place = Place.root();

  constructor(rules: CompiledRules, pairing: Pairing, limits: CompareLimits, found: Differences) {
    this.#rules = rules;
    this.#limits = limits;
    this.#found = found;
    this.#budget = new Budget(limits);
    this.#walk = new Walk(pairing, this.#budget, found);
  }

  compare(primary: Body, candidate: Body): void {
    const encodings = contentEncodings(primary.headers);
    const candidateEncodings = contentEncodings(candidate.headers);
    if (sameBytes(primary.bytes, candidate.bytes) && encodings.join() === candidateEncodings.join()) return;
    const ours = decode(primary.bytes, encodings, this.#limits.decodedBytesMax);
    const theirs = decode(candidate.bytes, candidateEncodings, this.#limits.decodedBytesMax);
    if (ours.ok && theirs.ok) {
      this.#decoded({ ...primary, bytes: ours.bytes }, { ...candidate, bytes: theirs.bytes });
      return;
    }
    const text = (decoded: typeof ours) => (decoded.ok ? 'readable' : `not ${decoded.encoding}, as it claims`);
    this.#note(ours.ok === theirs.ok ? 'value' : 'type', text(ours), text(theirs));
  }

  #decoded(primary: Body, candidate: Body): void {
    if (sameBytes(primary.bytes, candidate.bytes)) return;
    const kind = contentKind(mediaType(primary.headers), primary.bytes);
    // Two kinds have two content types, and that is the difference to mend first.
    if (kind !== contentKind(mediaType(candidate.headers), candidate.bytes)) return;
    if (kind === 'binary') this.#binary(primary.bytes, candidate.bytes);
    else if (kind === 'text') this.#text(...asTexts(primary.bytes, candidate.bytes));
    else this.#json(...asTexts(primary.bytes, candidate.bytes));
  }

  #json(primary: string, candidate: string): void {
    const ours = this.#parse(primary);
    const theirs = this.#parse(candidate);
    if (ours.ok && theirs.ok) {
      if (primary.startsWith(BYTE_ORDER_MARK) !== candidate.startsWith(BYTE_ORDER_MARK)) {
        this.#note('value', ...([primary, candidate].map(describeMark) as [string, string]));
      }
      this.#visit(ours.value, theirs.value);
    } else if (ours.ok || theirs.ok) this.#note('type', describe(primary, ours), describe(candidate, theirs));
    else this.#text(primary, candidate);
  }

  #parse(text: string): Parsed {
    return parseJson(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text, this.#budget);
  }

  /** One line is a text; several are compared as an array of texts. */
  #text(primary: string, candidate: string): void {
    const oneLine = !primary.includes('\n') && !candidate.includes('\n');
    if (oneLine) this.#visit(primary, candidate);
    else this.#visit(this.#lines(primary), this.#lines(candidate));
  }

  #lines(text: string): JsonArray {
    const lines: string[] = [];
    for (let at = 0; at <= text.length; ) {
      this.#budget.spend();
      const end = text.indexOf('\n', at);
      lines.push(text.slice(at, end === -1 ? text.length : end));
      at = end === -1 ? text.length + 1 : end + 1;
    }
    return new JsonArray(lines);
  }

  #binary(primary: Uint8Array, candidate: Uint8Array): void {
    const at = primary.findIndex((byte, index) => byte !== candidate[index]);
    const position = at === -1 ? primary.byteLength : at;
    const text = (bytes: Uint8Array) => `${count(bytes.byteLength, 'byte')}, different from byte ${position + 1} on`;
    this.#note(primary.byteLength === candidate.byteLength ? 'value' : 'length', text(primary), text(candidate));
  }

  #visit(primary: Json, candidate: Json): void {
    this.#walk.visit(primary, candidate, this.#place, this.#rules.root);
  }

  #note(kind: 'value' | 'type' | 'length', primary: string, candidate: string): void {
    this.#found.add(kind, this.#place, this.#rules.root.known, () => [primary, candidate]);
  }
}

function describe(text: string, parsed: Parsed): string {
  if (parsed.ok) return render(parsed.value);
  return text === '' ? 'empty' : `not JSON: expected ${parsed.expected} at character ${parsed.at + 1}`;
}

function describeMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? 'JSON behind a byte order mark' : 'JSON';
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && Buffer.compare(a, b) === 0;
}
