import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../../codemods/engine/files.ts';
import { temporaryFolder } from '../support/folder.ts';
import { commitAll, git } from '../support/git.ts';

const targets = (folder: string, ...paths: string[]) => {
  return listFiles(paths, folder).targets.map((path) => path.slice(folder.length + 1));
};

describe('in a git work tree', () => {
  it('lists tracked and new files, and none that git ignores', () => {
    const folder = temporaryFolder({ 'a.ts': '', 'b.css': '', 'dist/c.js': '', '.gitignore': 'dist\n' });
    commitAll(folder);
    const more = temporaryFolder({ 'new.mts': '' });
    expect(targets(folder, '.')).toEqual(['a.ts']);
    expect(targets(more, '.')).toEqual(['new.mts']);
  });

  it('lists an ignored folder that is named itself', () => {
    const folder = temporaryFolder({ 'a.ts': '', 'dist/c.js': '', '.gitignore': 'dist\n' });
    git(folder, ['init', '-q']);
    expect(targets(folder, 'dist')).toEqual(['dist/c.js']);
    expect(targets(folder, 'dist/c.js')).toEqual(['dist/c.js']);
  });

  it('knows the files around the target, where barrels may stand', () => {
    const folder = temporaryFolder({ 'src/a.ts': '', 'core/index.ts': '', 'core/index.css': '' });
    git(folder, ['init', '-q']);
    const { files } = listFiles(['src'], folder);
    expect([...files].sort()).toEqual([join(folder, 'core/index.ts'), join(folder, 'src/a.ts')]);
  });

  it('enters a repository inside the repository', () => {
    const folder = temporaryFolder({ 'a.ts': '', 'inner/b.ts': '', 'inner/c.ts': '', 'inner/.gitignore': 'c.ts\n' });
    git(join(folder, 'inner'), ['init', '-q']);
    commitAll(join(folder, 'inner'));
    git(folder, ['init', '-q']);
    expect(targets(folder, '.')).toEqual(['a.ts', 'inner/b.ts']);
  });

  it('leaves packages alone that somebody committed', () => {
    const folder = temporaryFolder({ 'a.ts': '', 'node_modules/p/index.js': '', 'x/node_modules/p/index.js': '' });
    commitAll(folder);
    expect(targets(folder, '.')).toEqual(['a.ts']);
  });
});

describe('elsewhere', () => {
  it('walks, and follows no symbolic link, not even round in a circle', () => {
    const folder = temporaryFolder({ 'a/b.tsx': '', 'a/node_modules/p/index.js': '', 'c.vue': '' });
    symlinkSync(folder, join(folder, 'a/round'));
    symlinkSync(join(folder, 'c.vue'), join(folder, 'd.vue'));
    expect(targets(folder, '.')).toEqual(['a/b.tsx', 'c.vue', 'd.vue']);
  });

  it('names each file once, however many paths lead to it', () => {
    const folder = temporaryFolder({ 'a/b.ts': '' });
    expect(targets(folder, 'a', 'a/b.ts', join(folder, 'a'), '.')).toEqual(['a/b.ts']);
  });
});

it('refuses a path that does not exist', () => {
  const folder = temporaryFolder({ 'a.ts': '' });
  expect(() => listFiles(['a.ts', 'no/such'], folder)).toThrow(/no\/such: no such file or folder/);
});

it('refuses paths without a source file: a wrong path must not look like a clean one', () => {
  const folder = temporaryFolder({ 'a/readme.md': '' });
  expect(() => listFiles(['a'], folder)).toThrow(/No source file below a/);
  expect(() => listFiles([], folder)).toThrow(/No path given/);
});
