/** From a request body to the named arguments of a legacy method, with the complaints Python would make. */
import { LegacyError, type Parameter, type ParameterType, type Signature } from '../../src/contract/adapter.ts';
import { repr, typeName } from './python.ts';

export type Arguments = Readonly<Record<string, unknown>>;

/**
 * Reads named arguments, a JSON object in UTF-8, for `method` (`SimpleOrchestrator.spawn_agent`).
 * @throws {LegacyError} TypeError or ValueError
 */
export function readArguments(method: string, signature: Signature, body: Uint8Array): Arguments {
  return bind(method, signature, parseMapping(method, body));
}

type Given = ReadonlyMap<string, unknown>;

function parseMapping(method: string, body: Uint8Array): Given {
  const value = parseJson(body);
  if (typeName(value) !== 'dict') {
    throw new LegacyError('TypeError', `${method}() argument after ** must be a mapping, not ${typeName(value)}`);
  }
  return new Map(Object.entries(value as object));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** An empty body stands for no arguments. */
function parseJson(body: Uint8Array): unknown {
  try {
    const text = UTF8.decode(body);
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw new LegacyError('ValueError', 'Request body is not valid JSON', { cause: error });
  }
}

/** In Python's order: an unknown name, then what is missing, then each value. */
function bind(method: string, signature: Signature, given: Given): Arguments {
  const unknown = [...given.keys()].find((name) => !signature.some((parameter) => parameter.name === name));
  if (unknown !== undefined) {
    throw new LegacyError('TypeError', `${method}() got an unexpected keyword argument '${unknown}'`);
  }
  const missing = signature.filter(({ name, required }) => required && !given.has(name));
  if (missing.length > 0) throw missingArguments(method, missing);

  const bound = signature.filter(({ name }) => given.has(name));
  for (const parameter of bound) checkValue(parameter, given.get(parameter.name));
  return Object.fromEntries(bound.map(({ name }) => [name, given.get(name)]));
}

function missingArguments(method: string, missing: Signature): LegacyError {
  const names = missing.map(({ name }) => `'${name}'`);
  const noun = names.length === 1 ? 'argument' : 'arguments';
  return new LegacyError(
    'TypeError',
    `${method}() missing ${names.length} required positional ${noun}: ${enumerate(names)}`,
  );
}

/** `a`, `a and b`, `a, b, and c`. */
function enumerate(names: readonly string[]): string {
  if (names.length < 3) return names.join(' and ');
  return `${names.slice(0, -1).join(', ')}, and ${names.at(-1)}`;
}

function checkValue({ name, type, nullable }: Parameter, value: unknown): void {
  if (nullable === true && value === null) return;
  if (typeof type === 'object') {
    if (typeof value === 'string' && type.values.includes(value)) return;
    throw new LegacyError('ValueError', `${repr(value)} is not a valid ${type.enum}`);
  }
  if (isA(type, typeName(value))) return;
  throw new LegacyError('TypeError', `argument '${name}' must be ${type}, not ${typeName(value)}`);
}

/** Whole numbers are floats, too. */
function isA(type: ParameterType, found: string): boolean {
  return found === type || (type === 'float' && found === 'int');
}
