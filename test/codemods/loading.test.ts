import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/folder.ts';

const ENTRY = join(import.meta.dirname, '../../codemods/index.ts');

/** Runs the codemod in a process of its own and prints which of the heavy modules it loaded. */
const PROGRAM = `
import { registerHooks } from 'node:module';
const loaded = new Set();
registerHooks({
  load(url, context, next) {
    const name = /node_modules\\/(ts-morph|@ts-morph\\/common|typescript|diff)\\//.exec(url)?.[1];
    if (name !== undefined) loaded.add(name);
    return next(url, context);
  },
});
const { runCodemod } = await import(process.argv[1]);
const { files } = await runCodemod('kernel', { paths: [process.argv[2]] });
console.log(JSON.stringify({ scanned: files.scanned, loaded: [...loaded].sort() }));
`;

function loadedFor(text: string): { scanned: number; loaded: string[] } {
  const folder = temporaryFolder({ 'a.ts': text, 'b.ts': 'export {};\n' });
  const args = ['--input-type=module', '--eval', PROGRAM, ENTRY, folder];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return JSON.parse(stdout || JSON.stringify(stderr));
}

it('loads neither TypeScript nor the differ for a repository that names no legacy module', () => {
  const text = "import { SimpleOrchestrator } from './mine';\n// simple_orchestrator\nnew SimpleOrchestrator();\n";
  expect(loadedFor(text)).toEqual({ scanned: 2, loaded: [] });
});

it('loads them when there is something to rewrite', () => {
  const text = "import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';\nnew SimpleOrchestrator();\n";
  expect(loadedFor(text)).toEqual({ scanned: 2, loaded: ['@ts-morph/common', 'diff', 'ts-morph'] });
});
