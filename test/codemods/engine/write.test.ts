import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isReadOnly, replaceFile } from '../../../codemods/engine/write.ts';
import { temporaryFolder } from '../support/folder.ts';

describe('replaceFile', () => {
  it('replaces the bytes, keeps the mode, and leaves nothing else behind', () => {
    const folder = temporaryFolder({ 'a.ts': 'before' });
    const path = join(folder, 'a.ts');
    chmodSync(path, 0o755);
    replaceFile(path, 'before', 'after \u{1F333}');
    expect(readFileSync(path, 'utf8')).toBe('after \u{1F333}');
    expect(statSync(path).mode & 0o7777).toBe(0o755);
    expect(readdirSync(folder)).toEqual(['a.ts']);
  });

  it('puts a new file in its place, so that a reader sees the one or the other whole', () => {
    const path = join(temporaryFolder({ 'a.ts': 'before' }), 'a.ts');
    const { ino } = statSync(path);
    replaceFile(path, 'before', 'after');
    expect(statSync(path).ino).not.toBe(ino);
  });

  it('leaves a file alone that somebody changed meanwhile', () => {
    const folder = temporaryFolder({ 'a.ts': 'before' });
    writeFileSync(join(folder, 'a.ts'), 'meanwhile');
    expect(() => replaceFile(join(folder, 'a.ts'), 'before', 'after')).toThrow(/changed while the codemod was running/);
    expect(readFileSync(join(folder, 'a.ts'), 'utf8')).toBe('meanwhile');
    expect(readdirSync(folder)).toEqual(['a.ts']);
  });
});

it('knows a file that its owner made read-only', () => {
  const path = join(temporaryFolder({ 'a.ts': '' }), 'a.ts');
  expect(isReadOnly(path)).toBe(false);
  chmodSync(path, 0o444);
  expect(isReadOnly(path)).toBe(true);
});
