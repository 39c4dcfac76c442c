import { z } from 'zod';
import type { Bound } from './limits.ts';

/*
 * What the schema is built of. Every message is the phrase after "expected"; `objections.ts` adds what stood
 * in the file.
 */

/** A text in one of the small languages of `texts.ts`; its value is what the parse function gives. */
export function read<T>(expected: string, parse: (text: string) => T) {
  return z.string({ error: expected }).transform(caught(parse));
}

/** A RangeError of a parse function becomes an issue; here and nowhere else. */
export function caught<I, T>(parse: (input: I) => T) {
  return (input: I, context: z.RefinementCtx): T => {
    try {
      return parse(input);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message.replace(/^expected /, '') });
      return z.NEVER;
    }
  };
}

/** Checks a text with a parse function and keeps it as text, as the contract has it. */
export function checked(expected: string, parse: (text: string) => unknown) {
  return read(expected, (text) => {
    parse(text);
    return text;
  });
}

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` });
}

export function section<const S extends z.core.$ZodShape>(shape: S) {
  return z.strictObject(shape, { error: `a mapping with the keys ${Object.keys(shape).join(', ')}` });
}

/** A section of bounded numbers, each with a default. */
export function numbers<const K extends string>(
  bounds: Readonly<Record<K, Bound>>,
  defaults: Readonly<Record<K, number>>,
) {
  const rows = (Object.keys(bounds) as K[]).map((key) => [key, number(bounds[key]).default(defaults[key])]);
  return section(Object.fromEntries(rows) as Record<K, z.ZodDefault<z.ZodNumber>>);
}

function number({ min, max, meaning }: Bound) {
  const error = `a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error }).describe(meaning);
}
