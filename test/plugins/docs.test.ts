import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { PLUGINS } from '../../src/plugins/index.ts';

const page = (name: string) => readFileSync(new URL(`../../docs/plugins/${name}.md`, import.meta.url), 'utf8');

/** First cells of the table below a heading. */
function firstColumn(text: string, heading: string): readonly string[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, cell = '']) => cell);
}

describe.each(Object.values(PLUGINS) as AnyPlugin[])('the page of the plugin $name', (plugin) => {
  const text = page(plugin.name);

  it('describes each capability in the words of its definition, and no other', () => {
    const { capabilities } = plugin;
    expect(firstColumn(text, 'Capabilities')).toEqual(Object.keys(capabilities));
    for (const [name, { says }] of Object.entries<{ says: string }>(capabilities)) {
      expect(text).toContain(`| \`${name}\` | ${says} |`);
    }
  });

  it('describes each hook that it implements, and no other', () => {
    expect(firstColumn(text, 'Hooks').toSorted()).toEqual(Object.keys(plugin.hooks).toSorted());
  });
});
