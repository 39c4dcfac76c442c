/**
 * `npm run new:plugin NAME` begins a first-party plugin: its file, its row in the registry, its test and its page.
 * What it makes passes that test and those that all plugins must pass; from there on it is yours.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REGISTRY = 'src/plugins/index.ts';

/** Gives the paths it wrote. Throws before writing anything when the name will not do. */
export async function newPlugin(root: string, name: string): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is no plugin name: use kebab-case, as in rate-limits`);
  const registry = await readFile(join(root, REGISTRY), 'utf8');
  if (registry.includes(`'./${name}/plugin.ts'`)) throw new Error(`plugin ${name} is in ${REGISTRY} already`);
  const files = new Map([
    [`src/plugins/${name}/plugin.ts`, pluginFile(name)],
    [`test/plugins/${name}.test.ts`, testFile(name)],
    [`docs/plugins/${name}.md`, page(name)],
    [REGISTRY, withRow(registry, name)],
  ]);
  for (const [path, text] of files) await write(join(root, path), text, path === REGISTRY);
  return [...files.keys()];
}

async function write(path: string, text: string, replace: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: replace ? 'w' : 'wx' });
}

function withRow(registry: string, name: string): string {
  const row = variable(name) === name ? `  ${name},\n` : `  '${name}': ${variable(name)},\n`;
  const rows = /(export const PLUGINS = \{)([^}]*)(\} as const)/;
  if (!rows.test(registry))
    throw new Error(`${REGISTRY} has no literal "export const PLUGINS = {...} as const" to add a row to`);
  const withRows = registry.replace(rows, (_, open: string, inner: string, close: string) =>
    [open, '\n', sorted(linesOf(inner.trimStart() === '' ? row : `${inner.slice(1)}${row}`)), close].join(''),
  );
  return withImport(withRows, `import { ${variable(name)} } from './${name}/plugin.ts';\n`);
}

/** Plugins stand after all other imports, by path. */
function withImport(registry: string, added: string): string {
  const lines = linesOf(registry);
  const isPlugin = (line: string) => /^import .* from '\.\/.*\/plugin\.ts';$/.test(line.trimEnd());
  const others = lines.filter((line) => !isPlugin(line));
  const last = others.findLastIndex((line) => line.startsWith('import '));
  const plugins = sorted([...lines.filter(isPlugin), added], (line) => line.slice(line.indexOf("'")));
  return [...others.slice(0, last + 1), plugins, ...others.slice(last + 1)].join('');
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/);
}

function sorted(lines: readonly string[], by = (line: string) => line.replaceAll("'", '')): string {
  return lines.toSorted((a, b) => (by(a) < by(b) ? -1 : 1)).join('');
}

function variable(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function pluginFile(name: string): string {
  return `import { z } from 'zod';
import { definePlugin } from '../../contract/plugins.ts';

/** What this plugin is for, in one or two sentences. */
export const ${variable(name)} = definePlugin({
  name: '${name}',
  version: '0.1.0',
  says: 'counts the agents that were spawned',
  state: { version: 1, initial: () => ({ spawned: 0 }) },
  config: z.object({}),
  writes: { on_health_check: { sections: 'merge' } },
  hooks: {
    on_agent_spawned(_event, { state }) {
      state.spawned++;
    },
    on_health_check: (_event, { plugin, state }) => ({ sections: { [plugin]: { spawned: state.spawned } } }),
  },
  capabilities: {
    spawned: { says: 'agents spawned so far', input: z.undefined(), output: z.number() },
  },
  serve: {
    spawned: (_input, { state }) => state.spawned,
  },
});
`;
}

function testFile(name: string): string {
  const plugin = variable(name);
  return `import { describe, expect, it } from 'vitest';
import { ${plugin} } from '../../src/plugins/${name}/plugin.ts';
import { agent, load } from '../kernel/hooks/support.ts';

describe('the plugin ${name}', () => {
  it('counts the agents that were spawned', async () => {
    const plugins = await load([${plugin}]);
    plugins.observe('on_agent_spawned', { agent: agent() });
    await plugins.observed();
    expect(await plugins.use(${plugin}).spawned()).toBe(1);
  });
});
`;
}

function page(name: string): string {
  return `# ${name}

What it is for. [src/plugins/${name}/plugin.ts](../../src/plugins/${name}/plugin.ts)

## Capabilities

| capability | says | legacy methods |
|---|---|---|
| \`spawned\` | agents spawned so far | |

## Hooks

| hook | what for |
|---|---|
| \`on_agent_spawned\` | counts |
| \`on_health_check\` | its section |
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  try {
    const paths = await newPlugin(root, process.argv[2] ?? '');
    process.stdout.write(`${paths.join('\n')}\nNext: what it is for. docs/plugins.md says what a plugin is made of.\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
