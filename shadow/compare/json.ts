/**
 * A JSON value without loss: numbers keep every digit, objects keep member order and duplicate keys.
 * Strings, booleans and null are themselves; a number of up to 15 significant digits is a `number`
 * (a double tells all of those apart, and -0 from 0), any other is a `LongNumber`.
 */
export type Json = null | boolean | number | string | LongNumber | JsonArray | JsonObject;

/** A number that a double would round. Two are equal by value when their `canonical` texts are equal. */
export class LongNumber {
  /** As it stood in the body. */
  readonly text: string;
  /** Sign, digits without outer zeros, and a power of ten: `-9007199254740993e0`. */
  readonly canonical: string;

  constructor(text: string, canonical: string) {
    this.text = text;
    this.canonical = canonical;
  }
}

/** What is found out about an array or object on the way, so that it is found out once. */
abstract class Container {
  /** Filled by `Hashing`; 0 is "not yet". */
  hash = 0;
  /** What `Equality` last asked whether it is equal to this, and the answer. */
  probedWith: Container | null = null;
  probedEqual = false;
}

export class JsonArray extends Container {
  readonly items: readonly Json[];

  constructor(items: readonly Json[]) {
    super();
    this.items = items;
  }
}

export class JsonObject extends Container {
  /** In order of appearance; a duplicate key stands twice. */
  readonly keys: readonly string[];
  readonly values: readonly Json[];

  constructor(keys: readonly string[], values: readonly Json[]) {
    super();
    this.keys = keys;
    this.values = values;
  }
}

/** What `typeof` would say, had it known JSON. */
export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export function jsonType(value: Json): JsonType {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      if (value instanceof JsonArray) return 'array';
      return value instanceof JsonObject ? 'object' : 'number';
  }
}

export function isNumber(value: Json): value is number | LongNumber {
  return typeof value === 'number' || value instanceof LongNumber;
}
