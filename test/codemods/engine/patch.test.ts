import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unifiedDiff } from '../../../codemods/engine/patch.ts';
import { readTree, temporaryFolder } from '../support/folder.ts';
import { git } from '../support/git.ts';

const line = fc.constantFrom('', 'a', 'b', '  c', '+d', '-e', '@@ -1 +1 @@', '\\ f', '\u2028g', 'h\ri', '\uFEFFj');
const ending = fc.constantFrom('\n', '\r\n');
const text = fc.array(fc.tuple(line, ending), { minLength: 1, maxLength: 12 }).chain((lines) => {
  const whole = lines.map(([content, end]) => content + end).join('');
  return fc.constantFrom(whole, `${whole}no end`);
});
const name = fc.constantFrom(
  'a.ts',
  'two words.ts',
  '\u00fcml\u00e4ut.ts',
  'qu"ote.ts',
  'deep/er/file.ts',
  "apo'strophe.ts",
);

it('gives patches that git applies byte for byte, in any folder of the work tree', () => {
  const files = fc.uniqueArray(fc.tuple(name, text, text), { selector: ([path]) => path, minLength: 1 });
  const folder = fc.constantFrom('.', 'below');
  const property = fc.property(files, folder, (all, below) => {
    const prefix = below === '.' ? '' : `${below}/`;
    const top = temporaryFolder(Object.fromEntries(all.map(([path, before]) => [prefix + path, before])));
    git(top, ['init', '-q']);
    const patch = all
      .filter(([, before, after]) => before !== after)
      .map(([path, ...texts]) => unifiedDiff(path, ...texts));
    if (patch.length > 0) {
      const applied = git(`${top}/${below}`, ['apply', '--whitespace=nowarn'], patch.join(''));
      expect(applied).toEqual({ status: 0, output: '' });
    }
    expect(readTree(top)).toEqual(Object.fromEntries(all.map(([path, , after]) => [prefix + path, after])));
  });
  fc.assert(property, { seed: 20, numRuns: 60 });
});
