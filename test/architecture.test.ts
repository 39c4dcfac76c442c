import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, WIRES } from '../adapters/index.ts';
import { ERRORS } from '../src/contract/errors.ts';
import { COUNTERS } from '../src/gateway/counters.ts';
import { BENCHMARKS } from './bench/registry.ts';

const root = new URL('../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), 'utf8');
const folders = (path: string) =>
  readdirSync(new URL(path, root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe('the architecture', () => {
  it('has one row an adapter folder', () => {
    const types = folders('adapters/').filter((name) => name !== 'support');
    expect(Object.keys(ADAPTERS).toSorted()).toEqual(types.toSorted());
    expect(Object.keys(WIRES).toSorted()).toEqual(types.toSorted());
  });

  it('has a legacy fixture for each adapter', () => {
    for (const type of Object.keys(ADAPTERS)) expect(folders('legacy-fixtures/')).toContain(type);
  });

  it('names only files that exist in ARCHITECTURE.md', () => {
    const named = [
      ...text('ARCHITECTURE.md').matchAll(
        /`((?:src|adapters|shadow|codemods|legacy-fixtures|demo|test|docs)\/[\w./-]*)`/g,
      ),
    ];
    expect(named.length).toBeGreaterThan(20);
    for (const [, path = ''] of named) expect(existsSync(new URL(path, root)), path).toBe(true);
  });

  it('documents every error, with its status, and no other', () => {
    const rows = [...text('docs/errors.md').matchAll(/^\| `([A-Z_0-9]+)` \| (\d+) \|/gm)];
    const documented = Object.fromEntries(rows.map(([, code = '', status]) => [code, Number(status)]));
    expect(documented).toEqual(Object.fromEntries(Object.entries(ERRORS).map(([code, { status }]) => [code, status])));
  });

  it('documents every counter of the gateway', () => {
    const documented = [...text('docs/admin-api.md').matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
    expect(documented.toSorted()).toEqual(Object.keys(COUNTERS).toSorted());
  });

  it('has a file for every benchmark', () => {
    for (const name of Object.keys(BENCHMARKS))
      expect(existsSync(new URL(`test/bench/${name}.ts`, root)), name).toBe(true);
  });

  it('points every script at files that exist', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    for (const script of Object.values(scripts)) {
      for (const [path] of script.matchAll(/(?:src|demo|test|scripts)\/[\w/.-]+/g)) {
        expect(existsSync(new URL(path, root)), path).toBe(true);
      }
    }
  });

  it('gives every dependency its reason', () => {
    const { dependencies } = JSON.parse(text('package.json')) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies)) expect(text('ARCHITECTURE.md')).toContain(`| \`${name}\` |`);
  });

  it('keeps links between documents whole', () => {
    const documents = [
      'README.md',
      'ARCHITECTURE.md',
      ...readdirSync(new URL('docs/', root))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    ];
    for (const document of documents) {
      for (const [, link = ''] of text(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        expect(existsSync(new URL(link, new URL(document, root))), `${document} → ${link}`).toBe(true);
      }
    }
  });
});
