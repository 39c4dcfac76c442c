import { describe, expect, it } from 'vitest';
import { runCodemod } from '../../codemods/index.ts';
import { readTree, temporaryFolder } from './support/folder.ts';
import { git } from './support/git.ts';

const SPECIFIER = '@hive/core/simple_orchestrator';

function workTree(tree: Record<string, string>): string {
  const folder = temporaryFolder(tree);
  git(folder, ['init', '-q']);
  return folder;
}

describe('paths that are part of a work tree', () => {
  it('are rewritten through barrels that stand outside them', async () => {
    const cwd = workTree({
      'core/index.ts': `export { SimpleOrchestrator as Desk } from '${SPECIFIER}';\n`,
      'app/main.ts': "import { Desk } from '../core';\nexport const desk = new Desk();\n",
    });
    const report = await runCodemod('kernel', { cwd, paths: ['app'] });
    expect(report.changes.map(({ path }) => path)).toEqual(['app/main.ts']);
    expect(report.findings).toEqual([]);
    expect(report.files).toMatchObject({ scanned: 1, analysed: 1 });
  });

  it('are all that is changed or reported', async () => {
    const text = `import { SimpleOrchestrator } from '${SPECIFIER}';\nexport class A extends SimpleOrchestrator {}\nexport const b = new SimpleOrchestrator();\n`;
    const cwd = workTree({ 'app/main.ts': text, 'other/main.ts': text, 'other/bad.ts': `${text}(` });
    const report = await runCodemod('kernel', { cwd, paths: ['app'], write: true, allowDirty: true });
    expect(report.findings.map(({ path }) => path)).toEqual(['app/main.ts']);
    expect(report.files.skipped).toEqual([]);
    expect(readTree(cwd)['other/main.ts']).toBe(text);
    expect(readTree(cwd)['app/main.ts']).not.toBe(text);
  });

  it('keep their tests of errors while instances stay outside them', async () => {
    const tree = {
      'app/routes.ts': `import { TaskDelegationError } from '${SPECIFIER}';\nexport const is = (e: unknown) => e instanceof TaskDelegationError;\n`,
      'other/main.ts': `import { SimpleOrchestrator } from '${SPECIFIER}';\nexport const b = new SimpleOrchestrator();\n`,
    };
    const part = await runCodemod('kernel', { cwd: workTree(tree), paths: ['app'] });
    expect(part.findings.map(({ rule }) => rule)).toEqual(['legacy-elsewhere']);
    const whole = await runCodemod('kernel', { cwd: workTree(tree), paths: ['.'] });
    expect(whole.findings).toEqual([]);
  });
});
