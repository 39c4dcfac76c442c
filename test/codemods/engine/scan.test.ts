import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILE_BYTES_MAX } from '../../../codemods/engine/read.ts';
import { scan } from '../../../codemods/engine/scan.ts';
import { type Tree, temporaryFolder } from '../support/folder.ts';

function scanned(tree: Tree, needles: readonly string[]) {
  const folder = temporaryFolder(tree);
  const { hits, skipped } = scan(
    Object.keys(tree).map((path) => join(folder, path)),
    needles,
  );
  return { folder, hits: hits.map(({ path }) => path.slice(folder.length + 1)), skipped };
}

describe('scan', () => {
  it('finds files with any of the needles, at the start, at the end and between', () => {
    const tree = { 'a.ts': 'x.y', 'b.ts': 'aax.yaa', 'c.ts': 'x-y', 'd.ts': 'aa(z', 'e.ts': '', 'f.ts': 'n\u00e4del' };
    expect(scanned(tree, ['x.y', '(z', 'n\u00e4del']).hits).toEqual(['a.ts', 'b.ts', 'd.ts', 'f.ts']);
  });

  it('finds nothing without a needle', () => {
    expect(scanned({ 'a.ts': 'text' }, []).hits).toEqual([]);
  });

  it('hands out bytes that later files do not overwrite', () => {
    const folder = temporaryFolder({ 'a.ts': 'needle one', 'b.ts': 'needle two' });
    const { hits } = scan([join(folder, 'a.ts'), join(folder, 'b.ts')], ['needle']);
    expect(hits.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['needle one', 'needle two']);
  });

  it('says which files it could not look into, and goes on', () => {
    const folder = temporaryFolder({
      'big.ts': Buffer.alloc(FILE_BYTES_MAX + 1, 'needle '),
      'fits.ts': Buffer.alloc(FILE_BYTES_MAX, 'needle '),
      'utf16.ts': Buffer.from('\uFEFFneedle', 'utf16le'),
      'folder.ts/inner.ts': '',
      'last.ts': 'needle',
    });
    symlinkSync(join(folder, 'last.ts'), join(folder, 'link.ts'));
    spawnSync('mkfifo', [join(folder, 'pipe.ts')]);
    const names = ['big.ts', 'fits.ts', 'utf16.ts', 'folder.ts', 'link.ts', 'pipe.ts', 'gone.ts', 'last.ts'];
    const { hits, skipped } = scan(
      names.map((name) => join(folder, name)),
      ['needle'],
    );
    expect(hits.map(({ path }) => path)).toEqual([join(folder, 'fits.ts'), join(folder, 'last.ts')]);
    expect(skipped.map(({ path, reason }) => [path.slice(folder.length + 1), reason])).toEqual([
      ['big.ts', 'too_large'],
      ['utf16.ts', 'not_utf8'],
      ['folder.ts', 'not_a_file'],
      ['link.ts', 'symlink'],
      ['pipe.ts', 'not_a_file'],
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('says which files the system keeps from it', () => {
    const folder = temporaryFolder({ 'secret.ts': 'needle' });
    chmodSync(join(folder, 'secret.ts'), 0);
    expect(scan([join(folder, 'secret.ts')], ['needle']).skipped[0]?.reason).toBe('unreadable');
  });
});
