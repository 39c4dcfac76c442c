import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newPlugin } from '../../scripts/new-plugin.ts';
import type { AnyPlugin } from '../../src/contract/plugins.ts';
import { agent, load } from '../kernel/hooks/support.ts';

const EMPTY_REGISTRY = `import type { AnyPlugin } from '../contract/plugins.ts';

export const PLUGINS = {} as const satisfies Readonly<Record<string, AnyPlugin>>;
`;

describe('npm run new:plugin', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'banyan-new-plugin-'));
    await mkdir(join(root, 'src/plugins'), { recursive: true });
    await cp('src/contract', join(root, 'src/contract'), { recursive: true });
    await symlink(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
    await writeFile(join(root, 'src/plugins/index.ts'), EMPTY_REGISTRY);
    await writeFile(join(root, 'package.json'), '{"type": "module"}');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('makes a plugin that loads and works, and its row', async () => {
    expect(await newPlugin(root, 'rate-limits')).toEqual([
      'src/plugins/rate-limits/plugin.ts',
      'test/plugins/rate-limits.test.ts',
      'docs/plugins/rate-limits.md',
      'src/plugins/index.ts',
    ]);
    const { PLUGINS } = (await import(join(root, 'src/plugins/index.ts'))) as { PLUGINS: Record<string, AnyPlugin> };
    const plugins = await load(Object.values(PLUGINS));
    plugins.observe('on_agent_spawned', { agent: agent() });
    await plugins.observed();
    expect(await (plugins.use(PLUGINS['rate-limits'] as AnyPlugin) as { spawned: () => unknown }).spawned()).toBe(1);
  });

  it('keeps the rows in order, each with its import', async () => {
    for (const name of ['security', 'rate-limits', 'automation']) await newPlugin(root, name);
    expect(
      await readFile(join(root, 'src/plugins/index.ts'), 'utf8'),
    ).toBe(`import type { AnyPlugin } from '../contract/plugins.ts';
import { automation } from './automation/plugin.ts';
import { rateLimits } from './rate-limits/plugin.ts';
import { security } from './security/plugin.ts';

export const PLUGINS = {
  automation,
  'rate-limits': rateLimits,
  security,
} as const satisfies Readonly<Record<string, AnyPlugin>>;
`);
  });

  it.each(['', 'Rate', 'rate_limits', '../up', 'a--b'])('refuses the name "%s" and writes nothing', async (name) => {
    await expect(newPlugin(root, name)).rejects.toThrow('is no plugin name');
    expect(await readFile(join(root, 'src/plugins/index.ts'), 'utf8')).toBe(EMPTY_REGISTRY);
  });

  it('refuses a name that is taken', async () => {
    await newPlugin(root, 'security');
    await expect(newPlugin(root, 'security')).rejects.toThrow('plugin security is in src/plugins/index.ts already');
  });
});
