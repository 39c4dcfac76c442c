import type { CompareRule } from '../../src/contract/wire.ts';
import { parsePointer } from '../../src/wire/places.ts';

const ISO_NAIVE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

const LOOKS: Readonly<Record<CompareRule['as'], (value: unknown) => string | null>> = {
  time: (value) => (ISO_NAIVE.test(String(value)) ? '<time>' : null),
  number: (value) => (typeof value === 'number' ? '<number>' : null),
  id: (value) => (typeof value === 'string' && value !== '' ? '<id>' : null),
  ignore: () => '<ignored>',
  // Both sides of a test start empty, so what a shadow must excuse has to be equal here.
  known: () => null,
};

/** A body in which what a rule lets differ is replaced by what it must look like, where it does look like that. */
export function mask(body: unknown, rules: readonly CompareRule[]): unknown {
  return rules.reduce((masked, { at, as }) => maskAt(masked, parsePointer(at), LOOKS[as]), body);
}

function maskAt(value: unknown, pointer: readonly string[], look: (value: unknown) => string | null): unknown {
  const [token, ...rest] = pointer;
  if (token === undefined) return look(value) ?? value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    return [key, token === '*' || token === key ? maskAt(item, rest, look) : item];
  });
  return Object.fromEntries(entries);
}

/** The text of a body with every UUID replaced by its rank of appearance in the whole exchange. */
export class IdRanks {
  readonly #ranks = new Map<string, number>();

  mask(body: unknown): string {
    return JSON.stringify(body).replace(UUID, (id) => `<id ${this.#rankOf(id)}>`);
  }

  #rankOf(id: string): number {
    const rank = this.#ranks.get(id) ?? this.#ranks.size + 1;
    this.#ranks.set(id, rank);
    return rank;
  }
}
