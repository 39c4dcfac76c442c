import { type Json, JsonArray, JsonObject, LongNumber } from '../compare/json.ts';
import { type NameSays, nameSays } from './names.ts';

/** How secrets are replaced. */
export type Conceal = {
  /** Replaces what looks secret in a text. */
  readonly text: (text: string) => string;
  /** Stands for a whole value. */
  readonly secret: (value: string) => string;
};

/** Prints a value as JSON with its secrets replaced: by the name they stand under, or by how they look. */
export function printRedacted(value: Json, conceal: Conceal): string {
  return print(value, null, conceal);
}

/** `says`: what the nearest secret name above says; it holds for everything below. */
function print(value: Json, says: NameSays, conceal: Conceal): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(says === null ? conceal.text(value) : conceal.secret(value));
  if (value instanceof JsonArray) return `[${value.items.map((item) => print(item, says, conceal)).join(',')}]`;
  if (value instanceof JsonObject) return `{${members(value, says, conceal).join(',')}}`;
  return number(value, says, conceal);
}

/** A number may be a card number. */
function number(value: number | LongNumber, says: NameSays, conceal: Conceal): string {
  const text = value instanceof LongNumber ? value.text : String(value);
  const redacted = says === 'all' ? conceal.secret(text) : conceal.text(text);
  return redacted === text ? text : JSON.stringify(redacted);
}

function members(object: JsonObject, says: NameSays, conceal: Conceal): readonly string[] {
  const pairSays = pairedName(object);
  return object.keys.map((key, index) => {
    const own = key === 'value' ? pairSays : null;
    const value = print(object.values[index] as Json, says ?? nameSays(key) ?? own, conceal);
    return `${JSON.stringify(conceal.text(key))}:${value}`;
  });
}

/** Headers and variables are often listed as `{"name": "Authorization", "value": ...}`. */
function pairedName(object: JsonObject): NameSays {
  const at = object.keys.findIndex((key) => key === 'name' || key === 'key');
  const name = object.values[at];
  return typeof name === 'string' ? nameSays(name) : null;
}
