import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'vitest';
import { watchFiles } from '../../src/cli/up/watch-files.ts';

let folder: string;
let file: string;
let stop: () => void;
let change: () => Promise<void>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-watch-'));
  file = join(folder, 'banyan.yaml');
  let heard = () => {};
  change = () =>
    new Promise((resolve) => {
      heard = resolve;
    });
  stop = watchFiles(
    () => [file],
    () => heard(),
  );
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

/** Each must be heard of, or the test does not end. */
it('hears of the first look, of writes of the same length, of files put in place, removed and swapped by a link', async () => {
  await change();
  for (const act of [
    () => writeFileSync(file, 'a: 1'),
    () => writeFileSync(file, 'a: 2'),
    () => {
      writeFileSync(`${file}.new`, 'a: 3');
      renameSync(`${file}.new`, file);
    },
    () => rmSync(file),
    () => {
      mkdirSync(join(folder, '1'));
      writeFileSync(join(folder, '1', 'banyan.yaml'), 'a: 4');
      symlinkSync('1', join(folder, 'now'));
      symlinkSync('now/banyan.yaml', file);
    },
    () => {
      mkdirSync(join(folder, '2'));
      writeFileSync(join(folder, '2', 'banyan.yaml'), 'a: 5');
      symlinkSync('2', join(folder, 'next'));
      renameSync(join(folder, 'next'), join(folder, 'now'));
    },
  ]) {
    const heard = change();
    act();
    await heard;
  }
});
