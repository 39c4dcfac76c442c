/** The whole way: an application over the legacy package, the codemod, the same application over a kernel. */
import { spawnSync } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCodemod } from '../../../codemods/index.ts';
import { temporaryFolder, writeTree } from '../support/folder.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CONSUMERS = join(ROOT, 'legacy-fixtures/consumers');

/** A package that hands on modules of this repository, and lets the compiler see them. */
function packageOf(name: string, modules: Readonly<Record<string, string>>): Record<string, string> {
  const folder = `node_modules/${name}`;
  const names = Object.keys(modules);
  const exports = Object.fromEntries(
    names.map((key) => [`./${key}`, { types: `./${key}.d.ts`, default: `./${key}.js` }]),
  );
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, type: 'module', exports }),
    ...Object.fromEntries(
      names.map((key) => [`${folder}/${key}.js`, `export * from '${pathToFileURL(modules[key] ?? '')}';\n`]),
    ),
    ...Object.fromEntries(names.map((key) => [`${folder}/${key}.d.ts`, `export * from '${modules[key]}';\n`])),
  };
}

function desk(): string {
  const folder = temporaryFolder({
    ...packageOf('@hive/core', { simple_orchestrator: join(CONSUMERS, 'hive-core/simple_orchestrator.ts') }),
    ...packageOf('banyan', { kernel: join(ROOT, 'src/kernel/index.ts'), adapters: join(ROOT, 'adapters/index.ts') }),
  });
  cpSync(join(CONSUMERS, 'desk'), folder, { recursive: true });
  symlinkSync(join(ROOT, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  return folder;
}

function run(folder: string, program: readonly string[]): { status: number | null; output: string } {
  const [command = '', ...args] = program;
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** Node 22 says of node:sqlite, which the kernel needs, that it is experimental. */
const main = (folder: string) => run(folder, [process.execPath, '--disable-warning=ExperimentalWarning', 'main.ts']);
const typeCheck = (folder: string) => run(folder, [join(ROOT, 'node_modules/.bin/tsc'), '--noEmit', '-p', '.']);

describe('the desk', () => {
  it('compiles, and does after the codemod what it did before', async () => {
    const folder = desk();
    const before = main(folder);
    expect(before).toMatchObject({ status: 0, output: expect.stringContaining('"refused"') });
    expect(typeCheck(folder)).toEqual({ status: 0, output: '' });

    const report = await runCodemod('kernel', { cwd: folder, paths: ['.'], write: true });
    expect(report.changes.map(({ path }) => path)).toEqual(['desk.ts', 'late.ts', 'main.ts', 'roster.ts']);
    expect(new Set(report.findings.map(({ rule }) => rule))).toEqual(new Set(['re-export']));

    // Nothing but the barrel may still need the legacy package.
    writeTree(folder, { 'core/index.ts': 'export {};\n' });
    writeTree(folder, { 'node_modules/@hive/core/simple_orchestrator.js': 'throw new Error("legacy was loaded");\n' });
    expect(typeCheck(folder)).toEqual({ status: 0, output: '' });
    expect(main(folder)).toEqual(before);
  });
});
