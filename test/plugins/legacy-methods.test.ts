import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Capability } from '../../src/contract/plugins.ts';
import { PLUGINS } from '../../src/plugins/index.ts';
import { LEGACY_METHODS } from './legacy-methods.ts';

const count = Object.values(LEGACY_METHODS).flatMap((methods) => Object.values(methods).flat()).length;

it('the table covers the five plugins, and each of the 55 legacy methods once', () => {
  expect(Object.keys(PLUGINS)).toEqual(expect.arrayContaining(Object.keys(LEGACY_METHODS)));
  expect(count).toBe(55);
  expect(new Set(Object.values(LEGACY_METHODS).flatMap((methods) => Object.values(methods).flat())).size).toBe(55);
});

describe.each(Object.entries(LEGACY_METHODS))('what legacy callers ask of %s', (name, methods) => {
  const { capabilities, serve } = PLUGINS[name as keyof typeof PLUGINS] as {
    readonly capabilities: Readonly<Record<string, Capability>>;
    readonly serve: Readonly<Record<string, unknown>>;
  };
  const page = readFileSync(`docs/plugins/${name}.md`, 'utf8');

  it.each(Object.entries(methods))(
    'is the capability %s, with a type for what goes in and what comes out',
    (capability, legacy) => {
      const { input, output } = capabilities[capability] ?? {};
      // A schema that lets everything by would be no type.
      for (const schema of [input, output]) expect(schema?.def.type).not.toMatch(/^(any|unknown)$/);
      expect(typeof serve[capability]).toBe('function');
      const row = page.split('\n').find((line) => line.startsWith(`| \`${capability}\` |`)) ?? '';
      for (const method of legacy) {
        const [, module = '', verb = ''] = /^(.+)\.(\w+)$/.exec(method) ?? [];
        expect(row).toContain(module);
        expect(row).toContain(verb);
      }
    },
  );
});
