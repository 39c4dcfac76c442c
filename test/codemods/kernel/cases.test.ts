import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CodemodReport, runCodemod } from '../../../codemods/index.ts';
import { readTree, type Tree, temporaryFolder, writeTree } from '../support/folder.ts';
import { git } from '../support/git.ts';

const CASES = join(import.meta.dirname, '../../../codemods/kernel/cases');
/** `UPDATE_CASES=1` writes what the codemod does now; read the difference before you keep it. */
const isUpdating = process.env.UPDATE_CASES === '1';

it('has nearly as many cases that must not change as cases that must, and says so in their names', () => {
  const names = readdirSync(CASES);
  const unchanged = names.filter((name) => Object.keys(expectedChanges(join(CASES, name))).length === 0);
  expect(unchanged).toEqual(names.filter((name) => /^(?:leaves|reports|skips)-/.test(name)));
  expect(unchanged.length / names.length).toBeGreaterThan(0.45);
});

describe.each(readdirSync(CASES).sort())('%s', (name) => {
  const folder = join(CASES, name);
  const input = readTree(join(folder, 'input'));
  const expected: Record<string, string> = { ...input, ...expectedChanges(folder) };

  if (isUpdating) it('is updated', () => update(folder, input));

  it('becomes what is expected and reports what is expected', async () => {
    const { after, report } = await write(input);
    expect(after).toEqual(expected);
    expect(summary(report)).toEqual(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
    const { total, rewritten, reported } = report.references;
    expect(rewritten + reported).toBe(total);
  });

  it('changes nothing in a second run', async () => {
    const { after, report } = await write(expected);
    expect(after).toEqual(expected);
    expect(report.changes).toEqual([]);
    expect(report.references.rewritten).toBe(0);
  });

  it('is the same with CRLF line endings', async () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    const { after } = await write(mapValues(input, crlf));
    expect(after).toEqual(mapValues(expected, crlf));
  });

  it('is the same behind byte order marks', async () => {
    const marked = (text: string) => `\uFEFF${text}`;
    const { after, report } = await write(mapValues(input, marked));
    expect(after).toEqual(mapValues(expected, marked));
    expect(summary(report)).toEqual(summary((await write(input)).report));
  });

  it('does not depend on the order of the files', async () => {
    const cwd = temporaryFolder(input);
    const files = Object.keys(input).filter((path) => /\.(?:[cm]?[jt]sx?|vue)$/.test(path));
    const forwards = await runCodemod('kernel', { cwd, paths: files });
    const backwards = await runCodemod('kernel', { cwd, paths: files.toReversed() });
    expect(backwards).toEqual(forwards);
  });

  it('gives a patch that git applies to the same effect as writing', async () => {
    const cwd = temporaryFolder(input);
    const { changes } = await runCodemod('kernel', { cwd, paths: ['.'] });
    expect(readTree(cwd)).toEqual(input);
    git(cwd, ['init', '-q']);
    const patch = changes.map((change) => change.patch).join('');
    if (patch !== '') expect(git(cwd, ['apply', '--whitespace=nowarn'], patch)).toEqual({ status: 0, output: '' });
    expect(readTree(cwd)).toEqual(expected);
  });
});

async function write(tree: Tree): Promise<{ after: Record<string, string>; report: CodemodReport }> {
  const cwd = temporaryFolder(tree);
  const report = await runCodemod('kernel', { cwd, paths: ['.'], write: true });
  return { after: readTree(cwd), report };
}

/** What a case says of a report: places and counts; the words belong to the rules. */
function summary({ references, findings, files }: CodemodReport) {
  return {
    references,
    findings: findings.map(({ path, line, column, rule, excerpt, references: count }) => {
      return `${path}:${line}:${column} ${rule} (${count}) ${excerpt}`;
    }),
    skipped: files.skipped.map(({ path, reason }) => `${path} ${reason}`),
  };
}

function expectedChanges(folder: string): Record<string, string> {
  return existsSync(join(folder, 'expected')) ? readTree(join(folder, 'expected')) : {};
}

async function update(folder: string, input: Tree): Promise<void> {
  const { after, report } = await write(input);
  const changed = Object.entries(after).filter(([path, text]) => text !== input[path]);
  rmSync(join(folder, 'expected'), { recursive: true, force: true });
  writeTree(join(folder, 'expected'), Object.fromEntries(changed));
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(summary(report), null, 2)}\n`);
}

function mapValues(tree: Record<string, string>, change: (text: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).map(([path, text]) => [path, change(text)]));
}
