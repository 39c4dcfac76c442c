import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOOKS, type HookRow } from '../../../src/contract/hooks.ts';
import type { AnyPlugin } from '../../../src/contract/plugins.ts';
import { FINDINGS } from '../../../src/kernel/hooks/findings.ts';
import { agent, failureOf, load, spawnEvent } from './support.ts';

const text = await readFile('docs/plugins.md', 'utf8');
const rowsAfter = (heading: string) => {
  const lines = text.slice(text.indexOf(heading)).split('\n').slice(2);
  return lines.slice(0, lines.indexOf('')).map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
};

describe('docs/plugins.md', () => {
  it('has a row for every hook, and says what the table says', () => {
    const fired = { kernel: 'kernel', plugins: 'plugins', both: 'kernel, plugins' };
    const expected = Object.entries<HookRow>(HOOKS).map(([hook, { kind, fields, budgetMs, firedBy, says }]) => [
      `\`${hook}\``,
      kind,
      Object.keys(fields)
        .map((field) => `\`${field}\``)
        .join(', '),
      String(budgetMs),
      fired[firedBy],
      says,
    ]);
    expect(rowsAfter('| hook | kind |')).toEqual(expected);
  });

  it('has a row for every finding', () => {
    expect(rowsAfter('| finding | what happened |')).toEqual(
      Object.entries(FINDINGS).map(([kind, says]) => [`\`${kind}\``, says]),
    );
  });

  it('shows a plugin that works', async () => {
    const example = /```ts\n(import \{ definePlugin[\s\S]*?)```/.exec(text)?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'banyan-docs-'));
    const source = example
      .replace("'banyan/plugins'", `'${resolve('src/contract/plugins.ts')}'`)
      .replace("'zod'", `'${resolve('node_modules/zod/index.js')}'`);
    await writeFile(join(folder, 'fair-share.ts'), source);
    const { fairShare } = (await import(join(folder, 'fair-share.ts'))) as { fairShare: AnyPlugin };
    const plugins = await load([fairShare], { configs: { 'fair-share': { perTenantMax: 1 } } });
    const spawn = async (tenant: string) => {
      const operation = plugins.begin();
      const event = await operation.transform('before_agent_spawn', spawnEvent({ attributes: { tenant } }));
      await operation.guard('allow_agent_spawn', event);
      operation.end();
      plugins.observe('on_agent_spawned', { agent: agent({ id: tenant, attributes: event.attributes }) });
      await plugins.observed();
    };
    await spawn('acme');
    expect((await failureOf(() => spawn('acme'))).message).toBe(
      'allow_agent_spawn: plugin fair-share refused: acme has 1 agents',
    );
    await spawn('other');
    expect(await (plugins.use(fairShare) as { held: (input: unknown) => unknown }).held({ tenant: 'acme' })).toBe(1);
    await rm(folder, { recursive: true });
  });
});
