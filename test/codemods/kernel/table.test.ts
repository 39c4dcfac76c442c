import { describe, expect, it } from 'vitest';
import { run } from '../../../codemods/engine/run.ts';
import { createKernelCodemod } from '../../../codemods/kernel/index.ts';
import type { LegacyModule } from '../../../codemods/kernel/module.ts';
import { simpleOrchestrator } from '../../../codemods/kernel/modules/simple_orchestrator.ts';
import { readTree, type Tree, temporaryFolder } from '../support/folder.ts';

/** A type that shares names with another, stands in a folder of its own, and needs plugins. */
const universal: LegacyModule = {
  type: 'orchestration_universal',
  path: 'orchestration/universal_orchestrator',
  className: 'SimpleOrchestrator',
  construction: { config: { agentsMax: 100, mode: 'pool', isStrict: true }, plugins: ['management', 'performance'] },
  methods: ['health_check'],
  factories: { create: ['create_simple_orchestrator'], shared: ['get_it'] },
  enums: { Mode: { POOL: 'pool' }, AgentRole: { QA_ENGINEER: 'tester' } },
  errors: {},
};
const bare: LegacyModule = { ...universal, type: 'bare', path: 'bare', construction: { config: {}, plugins: [] } };

async function rewritten(tree: Tree): Promise<Record<string, string>> {
  const cwd = temporaryFolder(tree);
  const codemod = createKernelCodemod({ cwd, table: [simpleOrchestrator, universal, bare] });
  const options = { paths: ['.'], cwd, write: true, allowDirty: true, onProgress: () => {} };
  const { references, findings } = await run('kernel', codemod, options);
  expect({ reported: references.reported, findings }).toEqual({ reported: 0, findings: [] });
  return readTree(cwd);
}

describe('a row of the table', () => {
  it('says what a kernel is constructed with, and by which plugins', async () => {
    const { 'a.ts': text } = await rewritten({
      'a.ts':
        "import { SimpleOrchestrator } from '@hive/core/orchestration/universal_orchestrator';\nexport const a = new SimpleOrchestrator();\n",
    });
    expect(text).toBe(`import { OrchestratorV2 } from 'banyan/kernel';
import { management, performance } from 'banyan/plugins';
import { legacyInterface } from 'banyan/adapters';
export const a = legacyInterface('orchestration_universal', new OrchestratorV2({ agentsMax: 100, mode: 'pool', isStrict: true }, [management(), performance()]));
`);
  });

  it('leaves out what it does not say', async () => {
    const { 'a.ts': text } = await rewritten({
      'a.ts':
        "import { create_simple_orchestrator } from '@hive/core/bare';\nexport const a = create_simple_orchestrator();\n",
    });
    expect(text).toContain("legacyInterface('bare', new OrchestratorV2())");
  });

  it('is found by the path of its module, for names repeat', async () => {
    const { 'a.ts': text } = await rewritten({
      'a.ts': [
        "import { AgentRole, SimpleOrchestrator } from '@hive/core/simple_orchestrator';",
        "import { AgentRole as PoolRole, SimpleOrchestrator as Pool } from '../core/orchestration/universal_orchestrator.js';",
        'export const all: [SimpleOrchestrator, Pool] = [new SimpleOrchestrator(), new Pool()];',
        'export const roles = [AgentRole.QA_ENGINEER, PoolRole.QA_ENGINEER];',
        '',
      ].join('\n'),
    });
    expect(text).toBe(
      [
        "import { OrchestratorV2 } from 'banyan/kernel';",
        "import { management, performance } from 'banyan/plugins';",
        "import { legacyInterface, type LegacyInterface } from 'banyan/adapters';",
        "export const all: [LegacyInterface<'simple_orchestrator'>, LegacyInterface<'orchestration_universal'>] = [legacyInterface('simple_orchestrator', new OrchestratorV2({ agentsMax: 50 })), legacyInterface('orchestration_universal', new OrchestratorV2({ agentsMax: 100, mode: 'pool', isStrict: true }, [management(), performance()]))];",
        "export const roles = ['qa_engineer', 'tester'];",
        '',
      ].join('\n'),
    );
  });

  it('holds back the uses of its own type alone', async () => {
    const cwd = temporaryFolder({
      'a.ts': [
        "import { SimpleOrchestrator } from '@hive/core/simple_orchestrator';",
        "import { SimpleOrchestrator as Bare } from '@hive/core/bare';",
        'export const all = [new SimpleOrchestrator(), new Bare()];',
        'export const is = (value: unknown) => value instanceof SimpleOrchestrator;',
        '',
      ].join('\n'),
    });
    const codemod = createKernelCodemod({ cwd, table: [simpleOrchestrator, universal, bare] });
    await run('kernel', codemod, { paths: ['.'], cwd, write: true, allowDirty: true, onProgress: () => {} });
    expect(readTree(cwd)['a.ts']).toContain(
      "[new SimpleOrchestrator(), legacyInterface('bare', new OrchestratorV2())]",
    );
  });
});
