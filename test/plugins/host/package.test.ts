import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { isRunning, kernelProcess } from './support/kernel-process.ts';

/** As somebody writes it who has installed the package. */
const PLUGIN = `
import { definePlugin } from 'banyan/plugins';
import { z } from 'zod';

export const plugin = definePlugin({
  name: 'theirs',
  version: '1.0.0',
  says: 'marks agents',
  config: z.object({ mark: z.string().default('seen') }),
  writes: { before_agent_spawn: { attributes: 'merge' } },
  budgets: { callMs: { before_agent_spawn: 20_000 } },
  hooks: { before_agent_spawn: (_event, { config }) => ({ attributes: { mark: config.mark } }) },
});
`;

type Exports = Readonly<Record<string, { readonly default: string }>>;
const packageExports = () => (JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Exports }).exports;

test('the built package hosts plugins that are written against it, and leaves no process behind', {
  timeout: 240_000,
}, async () => {
  const folder = realpathSync(temporaryFolder('package'));
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'banyan');
  mkdirSync(installed, { recursive: true });
  copyFileSync('package.json', join(installed, 'package.json'));
  // As a package manager that links: what a package depends on lies elsewhere.
  symlinkSync(realpathSync('node_modules'), join(installed, 'node_modules'));
  symlinkSync(realpathSync('node_modules/zod'), join(modules, 'zod'));
  const built = spawnSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')]);
  expect(`${built.stdout}${built.stderr}`).toBe('');
  mkdirSync(join(folder, 'app'));
  const file = join(folder, 'app', 'plugin.mjs');
  writeFileSync(file, PLUGIN);

  const exported = (name: string) =>
    pathToFileURL(join(installed, packageExports()[name]?.default ?? `nothing is exported as ${name}`)).href;
  const { hostPid, said, child } = kernelProcess(exported('./kernel'), exported('./plugin-host'), file, 'close');
  const pid = await hostPid;
  const [, answer = ''] = (await said).split('\n');
  expect(JSON.parse(answer)).toMatchObject({ agent: { mark: 'seen' }, plugins: [{ name: 'theirs', errors: 0 }] });
  expect([child.exitCode, isRunning(pid)]).toEqual([0, false]);
});
