import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandOptions, codemodCommand } from '../../codemods/cli.ts';
import { readTree, type Tree, temporaryFolder } from './support/folder.ts';
import { commitAll, git } from './support/git.ts';

const LEGACY = "import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';\n";
const REWRITABLE = `${LEGACY}export const orchestrator = new SimpleOrchestrator();\n`;
const REPORTED = `${LEGACY}export class Desk extends SimpleOrchestrator {}\n`;
const CLEAN = 'export const answer = 42;\n';

async function command(tree: Tree | string, options: Partial<CommandOptions> = {}) {
  const cwd = typeof tree === 'string' ? tree : temporaryFolder(tree);
  const texts = { stdout: '', stderr: '' };
  const into = (name: keyof typeof texts) => ({ write: (text: string) => (texts[name] += text) });
  const defaults = {
    name: 'kernel',
    paths: ['.'],
    write: false,
    check: false,
    json: false,
    allowDirty: false,
    modules: [],
  };
  const code = await codemodCommand(
    { ...defaults, cwd, ...options },
    { stdout: into('stdout'), stderr: into('stderr') },
  );
  return { cwd, code, ...texts };
}

describe('the exit code', () => {
  it('is 0 when there is nothing to do', async () => {
    expect((await command({ 'a.ts': CLEAN })).code).toBe(0);
  });

  it('is 1 for a dry run with changes, and 0 once they are written', async () => {
    const { cwd, code } = await command({ 'a.ts': REWRITABLE });
    expect(code).toBe(1);
    expect((await command(cwd, { check: true })).code).toBe(1);
    expect((await command(cwd, { write: true })).code).toBe(0);
    expect((await command(cwd)).code).toBe(0);
  });

  it('is 1 as long as a finding is left', async () => {
    expect((await command({ 'a.ts': REPORTED }, { write: true })).code).toBe(1);
  });

  it('is 1 for a file that names a legacy module and could not be looked into', async () => {
    expect((await command({ 'a.ts': `${LEGACY}new (` })).code).toBe(1);
    expect((await command({ 'a.d.ts': LEGACY })).code).toBe(0);
  });
});

describe('the output', () => {
  it('is the diff on stdout, and all else on stderr', async () => {
    const { cwd, stdout, stderr } = await command({ 'a.ts': REWRITABLE, 'b.ts': REPORTED });
    git(cwd, ['init', '-q']);
    expect(git(cwd, ['apply', '--check'], stdout)).toEqual({ status: 0, output: '' });
    expect(stderr).toMatch(/subclass \(1\)\n {2}why: .*\n {2}how: .*\n {2}b\.ts:2:27 {2}export class Desk/);
    expect(stderr).toContain('2 files scanned, 2 analysed, 1 would change (');
    expect(stderr).toContain('6 references to legacy modules: 3 rewritten, 3 reported');
  });

  it('is nothing on stdout with --check or --write', async () => {
    expect((await command({ 'a.ts': REWRITABLE }, { check: true })).stdout).toBe('');
    expect((await command({ 'a.ts': REWRITABLE }, { write: true })).stdout).toBe('');
  });

  it('is one JSON object with --json', async () => {
    const { stdout, stderr } = await command({ 'a.ts': REWRITABLE, 'b.ts': REPORTED }, { json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      codemod: 'kernel',
      wrote: false,
      references: { total: 6, rewritten: 3, reported: 3 },
      changes: [{ path: 'a.ts' }],
      findings: [{ rule: 'subclass', path: 'b.ts', line: 2, column: 27 }],
    });
    expect(stderr).toBe('');
  });

  it('names the files that were skipped, and why', async () => {
    const cwd = temporaryFolder({
      'a.ts': REWRITABLE,
      'b.ts': REWRITABLE,
      'c.ts': Buffer.from(`${LEGACY}// \xe9`, 'latin1'),
    });
    chmodSync(join(cwd, 'b.ts'), 0o444);
    const { stderr } = await command(cwd, { write: true });
    expect(stderr).toMatch(/skipped \(2\)\n {2}b\.ts {2}read-only\n {2}c\.ts {2}not UTF-8/);
    expect(readTree(cwd)['a.ts']).toContain('legacyInterface');
    expect(readTree(cwd)['b.ts']).toBe(REWRITABLE);
  });
});

describe('what is refused', () => {
  it.each([
    [{ name: 'kernels' }, /codemod kernels: expected one of kernel/],
    [{ paths: ['no/such'] }, /no\/such: no such file or folder/],
    [{ paths: [] }, /No path given/],
    [{ write: true, check: true }, /--write or --check/],
    [{ modules: ['./legacy'] }, /--module \.\/legacy: expected SPECIFIER=TYPE/],
    [{ modules: ['./legacy=orchestra'] }, /\.\/legacy=orchestra: expected one of simple_orchestrator/],
  ] satisfies [Partial<CommandOptions>, RegExp][])('%o', async (options, message) => {
    await expect(command({ 'a.ts': REWRITABLE }, options)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(message),
    });
  });

  it('writing over changes that git could not give back, unless --allow-dirty says so', async () => {
    const cwd = temporaryFolder({ 'a.ts': REWRITABLE });
    git(cwd, ['init', '-q']);
    await expect(command(cwd, { write: true })).rejects.toMatchObject({ code: 'DIRTY_TREE' });
    expect(readTree(cwd)['a.ts']).toBe(REWRITABLE);
    expect((await command(cwd, { write: true, allowDirty: true })).code).toBe(0);
    expect(readTree(cwd)['a.ts']).not.toBe(REWRITABLE);
  });

  it('nothing in a committed work tree', async () => {
    const cwd = temporaryFolder({ 'a.ts': REWRITABLE });
    commitAll(cwd);
    expect((await command(cwd, { write: true })).code).toBe(0);
  });
});

describe('--module', () => {
  const tree = {
    'src/a.ts': REWRITABLE.replace('@hive/core/simple_orchestrator', '../legacy/agents'),
    'src/b.ts': REWRITABLE.replace('@hive/core/simple_orchestrator', 'hive-agents'),
    'legacy/agents.ts': 'export class SimpleOrchestrator {}\n',
  };

  it('makes a path or a package a legacy module', async () => {
    const modules = ['./legacy/agents.ts=simple_orchestrator', 'hive-agents=simple_orchestrator'];
    const { cwd } = await command(tree, { write: true, modules });
    const after = readTree(cwd);
    expect(after['src/a.ts']).toBe(after['src/b.ts']);
    expect(after['src/a.ts']).toContain("legacyInterface('simple_orchestrator'");
    expect(after['legacy/agents.ts']).toBe(tree['legacy/agents.ts']);
  });

  it('is what it takes: without it they are modules like any other', async () => {
    expect((await command(tree)).code).toBe(0);
  });
});
