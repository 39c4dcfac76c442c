import { BanyanError } from '../contract/errors.ts';

/**
 * A copy of JSON data, frozen to the bottom: what a caller, agent or plugin hands over may change in its
 * hands, and what is kept must read the same after a restart.
 * @throws {BanyanError} BAD_INPUT where it is no JSON or longer than `bytesMax`
 */
export function copyJson(value: unknown, what: string, bytesMax: number): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number') return copyScalar(value, what, bytesMax);
  const text = textOf(value, what);
  mustFit(text.length, what, bytesMax);
  return deepFreeze(JSON.parse(text));
}

/** Freezes JSON data in place. By a list instead of recursion: depth is the sender's to choose. */
export function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    Object.freeze(next);
    for (const inner of Object.values(next)) {
      if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) open.push(inner);
    }
  }
  return value;
}

function copyScalar(value: string | number, what: string, bytesMax: number): unknown {
  if (typeof value === 'string') mustFit(value.length, what, bytesMax);
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}

function textOf(value: unknown, what: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw new BanyanError('BAD_INPUT', `${what} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (text === undefined) throw new BanyanError('BAD_INPUT', `${what} is no JSON: a ${typeof value}`);
  return text;
}

function mustFit(length: number, what: string, bytesMax: number): void {
  if (length <= bytesMax) return;
  throw new BanyanError('BAD_INPUT', `${what} is ${length} characters of JSON long, at most ${bytesMax} are kept`);
}
