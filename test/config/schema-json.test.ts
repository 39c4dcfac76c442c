import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/index.ts';

it('banyan.schema.json is what the schema gives: if not, run src/config/write-schema.ts', () => {
  const file = readFileSync(new URL('../../banyan.schema.json', import.meta.url), 'utf8');

  expect(JSON.parse(file)).toEqual(configJsonSchema());
});

it('every key has a description for editors', () => {
  const undescribed = Object.entries(withPaths(configJsonSchema())).filter(([, schema]) => !schema.description);

  expect(undescribed.map(([path]) => path)).toEqual([]);
});

type Schema = ReturnType<typeof configJsonSchema>;

function withPaths(schema: Schema, path = ''): Record<string, Schema> {
  const children = Object.entries(schema.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const);
  const deeper = [schema.items, schema.additionalProperties || undefined, ...(schema.anyOf ?? [])].flatMap((child) =>
    child?.properties === undefined ? [] : [[`${path}[]`, child] as const],
  );
  return Object.assign(
    Object.fromEntries(children),
    ...[...children, ...deeper].map(([childPath, child]) => withPaths(child, childPath)),
  );
}
