import { expect, it } from 'vitest';
import { createAccount } from '../../../codemods/kernel/account.ts';
import { followBarrels } from '../../../codemods/kernel/barrels.ts';
import type { Lookup } from '../../../codemods/kernel/lookup.ts';
import { simpleOrchestrator } from '../../../codemods/kernel/modules/simple_orchestrator.ts';
import { createProgram } from '../../../codemods/kernel/program.ts';
import { unaccounted } from '../../../codemods/kernel/recount.ts';
import { createResolve } from '../../../codemods/kernel/specifiers.ts';

const MODULES = [simpleOrchestrator];

/** What the recount finds in a file of which nothing is in the account: each place as the text that stands there. */
function found(text: string): string[] {
  const path = '/app.ts';
  const workspace = { cwd: '/', files: new Set([path]), isTarget: () => true, read: () => null, containing: () => [] };
  const resolve = createResolve({ modules: MODULES, told: new Map() }, workspace, () => []);
  const program = createProgram(MODULES, resolve);
  program.add({ path, text, hasByteOrderMark: false });
  const barrels = followBarrels(program, resolve, workspace, MODULES);
  const lookup: Lookup = { checked: program.check(), resolve, barrels, isInProgram: program.has, names: barrels.names };
  const empty = { path, edits: [], account: createAccount(), staying: [], testsErrors: false };
  const entries = unaccounted([empty], [path], MODULES, lookup).get(path) ?? [];
  const starts = entries.map(({ start }) => start).sort((a, b) => a - b);
  return starts.map((start) => /^['"]?[\w@]+/.exec(text.slice(start))?.[0] ?? '');
}

it('finds imports, renames and every use', () => {
  const text =
    "import { SimpleOrchestrator as Desk } from '@hive/core/simple_orchestrator';\nexport const a: Desk = new Desk();\n";
  expect(found(text)).toEqual(['SimpleOrchestrator', 'Desk', "'@hive", 'Desk', 'Desk']);
});

it('finds what a require binds, and what a namespace leads to', () => {
  expect(
    found("const { AgentRole: R } = require('@hive/core/simple_orchestrator');\nexport const a = R.QA_ENGINEER;\n"),
  ).toEqual(['R', "'@hive", 'R']);
  expect(
    found("import * as L from '@hive/core/simple_orchestrator';\nexport const a = L.create_simple_orchestrator();\n"),
  ).toEqual(['L', "'@hive", 'L', 'create_simple_orchestrator']);
});

it('finds nothing in what only looks like it', () => {
  const text = "import { SimpleOrchestrator } from './mine';\nexport const a = { SimpleOrchestrator, AgentRole: 1 };\n";
  expect(found(text)).toEqual([]);
});
