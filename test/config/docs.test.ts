import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { configJsonSchema, type JsonSchema } from '../../src/config/index.ts';
import { parsed, problemsIn } from './samples.ts';

const DOCS = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');

/** What a key cannot be without. */
const BESIDES: Readonly<Record<string, string>> = {
  unixMode: 'data: unix:/run/banyan.sock',
  tls: 'tls: { cert: cert.pem, key: key.pem }',
};

type Row = { readonly key: string; readonly byDefault: string; readonly example: string };

/** The rows of the tables of keys: | `key` | type | default | meaning | `example` | */
const ROWS: readonly Row[] = DOCS.split('\n').flatMap((line) => {
  const [, key, , byDefault, , example, end] = line.split('|').map((cell) => cell.trim());
  if (end === undefined || key === undefined || byDefault === undefined || example === undefined) return [];
  return key.startsWith('`') ? [{ key: bare(key), byDefault, example: bare(example) }] : [];
});

function bare(code: string): string {
  return code.replace(/^`|`$/g, '');
}

/** Both sides have the same keys, which the docs say once. */
const KEYS = new Map(
  [...keysOf(configJsonSchema())].map(([key, value]) => [key.replace(/\.(?:legacy|v2)\./, '.<side>.'), value]),
);

/** Examples name the PEM files that are there. */
const PEM_FOLDER = fileURLToPath(new URL('../support/certificates/banyan.yaml', import.meta.url));
const SECURED = { instances: ['https://127.0.0.1:9101'], tls: { cert: 'client.pem', key: 'client-key.pem' } };

const BLOCKS = [...DOCS.matchAll(/^```(?:yaml|json)\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);

describe('docs/config.md', () => {
  it('describes the keys that there are, each once', () => {
    expect(ROWS.map(({ key }) => key).sort()).toEqual([...KEYS.keys()].sort());
  });

  it.each(ROWS)('tells the default of $key', ({ key, byDefault }) => {
    const { schema, required } = KEYS.get(key) ?? {};
    const value = schema?.default;

    expect(byDefault === 'required').toBe(required);
    if (typeof value === 'string' || typeof value === 'number') expect(byDefault).toMatch(new RegExp(`^\`${value}\``));
    if (value === undefined) expect(byDefault).not.toMatch(/^`\d/);
  });

  it.each(ROWS)('gives an example of $key that is accepted', ({ key, example }) => {
    const document = parseDocument(`${BESIDES[key.split('.')[0] ?? ''] ?? ''}
types:
  billing:
    legacy: "http://127.0.0.1:9101"
    v2: "http://127.0.0.1:9102"
    operations: [{ name: get, method: PUT, path: "/billing/:id", effect: write }]
    compare: [{ at: /a, as: id, reason: b }]
telemetry: { otlp: { endpoint: "http://127.0.0.1:4318" } }`);
    if (key.includes('<side>')) document.setIn(['types', 'billing', 'legacy'], document.createNode(SECURED));
    const path = key.replace('<type>', 'billing').replace('<side>', 'legacy').replace('[]', '.0').split('.');
    if (path.includes('instances')) document.deleteIn(['types', 'billing', 'legacy', 'tls']);
    document.setIn(path, parseDocument(example).contents);

    expect(() => parsed(String(document), PEM_FOLDER)).not.toThrow();
  });

  it('has examples', () => {
    expect(BLOCKS.length).toBeGreaterThanOrEqual(6);
  });

  it.each(BLOCKS)('has an example that is accepted:\n%s', (block) => {
    expect(() => parsed(block, PEM_FOLDER)).not.toThrow();
  });

  it('shows problems as they are printed', () => {
    const shown = [...DOCS.matchAll(/^banyan\.yaml(:\d+:\d+ .*)$/gm)].map(([, line = '']) => line.slice(1));
    const example = (BLOCKS[1] ?? '')
      .replace('legacy: "http://127.0.0.1:9001"', 'legcay: "http://127.0.0.1:9001"')
      .replace('[header:x-tenant, address]', '[header:x-tenant, adress]');

    expect(shown).toEqual(problemsIn(example));
  });
});

type Key = { readonly schema: JsonSchema; readonly required: boolean };

/** The keys of the file as the docs write them: `types.<type>.operations[].name`. */
function keysOf(schema: JsonSchema, path = ''): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const childPath = path === '' ? key : `${path}.${key}`;
    keys.set(childPath, { schema: child, required: schema.required?.includes(key) ?? false });
    for (const [deeper, value] of keysOf(child, childPath)) keys.set(deeper, value);
  }
  for (const branch of schema.anyOf ?? []) for (const [deeper, value] of keysOf(branch, path)) keys.set(deeper, value);
  if (schema.items) for (const [deeper, value] of keysOf(schema.items, `${path}[]`)) keys.set(deeper, value);
  if (schema.additionalProperties)
    for (const [deeper, value] of keysOf(schema.additionalProperties, `${path}.<type>`)) keys.set(deeper, value);
  return keys;
}
