import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuseDirtyTree } from '../../../codemods/engine/guard.ts';
import { temporaryFolder } from '../support/folder.ts';
import { commitAll } from '../support/git.ts';

function committed(): string {
  const folder = temporaryFolder({ 'a.ts': 'a', 'b c.ts': 'b' });
  commitAll(folder);
  return folder;
}

describe('refuseDirtyTree', () => {
  it('lets a clean work tree pass, and a folder that git does not know', () => {
    const folder = committed();
    const elsewhere = temporaryFolder({ 'a.ts': 'a' });
    expect(() => refuseDirtyTree([join(folder, 'a.ts'), join(elsewhere, 'a.ts')])).not.toThrow();
  });

  it('refuses when any tracked file has changes, and names it', () => {
    const folder = committed();
    writeFileSync(join(folder, 'b c.ts'), 'changed');
    expect(() => refuseDirtyTree([join(folder, 'a.ts')])).toThrow(/1 file has changes that are not committed: b c\.ts/);
  });

  it('refuses to change a file that git does not track', () => {
    const folder = committed();
    writeFileSync(join(folder, 'new.ts'), 'new');
    expect(() => refuseDirtyTree([join(folder, 'new.ts')])).toThrow(/new\.ts/);
  });

  it('does not mind untracked files that stay as they are', () => {
    const folder = committed();
    writeFileSync(join(folder, 'notes.md'), 'notes');
    expect(() => refuseDirtyTree([join(folder, 'a.ts')])).not.toThrow();
  });
});
