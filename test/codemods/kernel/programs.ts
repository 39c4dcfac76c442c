/** Programs that callers might write: every way to import, in front of many ways to use. */
import fc from 'fast-check';

/** How a program reaches each export: an expression, and the same for types where there is one. */
type Names = {
  readonly class: string;
  readonly create: string;
  readonly role: string;
  readonly error: string;
  readonly base: string;
};

type Import = { readonly head: string; readonly inMain: string; readonly names: Names; readonly hasTypes: boolean };

const SPECIFIER = '@hive/core/simple_orchestrator';
const PLAIN: Names = {
  class: 'SimpleOrchestrator',
  create: 'create_simple_orchestrator',
  role: 'AgentRole',
  error: 'TaskDelegationError',
  base: 'SimpleOrchestratorError',
};
const RENAMED: Names = { class: 'Desk', create: 'makeDesk', role: 'Role', error: 'Refused', base: 'DeskError' };
const list = Object.values(PLAIN).join(', ');
const renames = (word: string) =>
  Object.entries(PLAIN).map(([key, name]) => `${name}${word}${RENAMED[key as keyof Names]}`);
const through = (local: string): Names => ({
  class: `${local}.SimpleOrchestrator`,
  create: `${local}.createSimpleOrchestrator`,
  role: `${local}['AgentRole']`,
  error: `${local}.TaskDelegationError`,
  base: `${local}.SimpleOrchestratorError`,
});

const IMPORTS: readonly Import[] = [
  { head: `import { ${list} } from '${SPECIFIER}';`, inMain: '', names: PLAIN, hasTypes: true },
  {
    head: `/** @doc */\nimport {\n  ${renames(' as ').join(', // why\n  ')}\n} from "${SPECIFIER}"`,
    inMain: '',
    names: RENAMED,
    hasTypes: true,
  },
  {
    head: `import * as legacy from '${SPECIFIER}'; // all of it`,
    inMain: '',
    names: through('legacy'),
    hasTypes: true,
  },
  {
    head: `const {${renames(': ').join(', ')}} = require("${SPECIFIER}")`,
    inMain: '',
    names: RENAMED,
    hasTypes: false,
  },
  { head: `var held = require('${SPECIFIER}');`, inMain: '', names: through('held'), hasTypes: false },
  { head: '', inMain: `const { ${list} } = await import('${SPECIFIER}');`, names: PLAIN, hasTypes: false },
  { head: '', inMain: `const lazily = await import('${SPECIFIER}');`, names: through('lazily'), hasTypes: false },
];

/** Statements of `main`, by the names they use. Each stands in a block of its own. */
type Statement = (names: Names, hasTypes: boolean) => string;

const annotated = (type: string, hasTypes: boolean) => (hasTypes ? `: ${type}` : '');

const STATEMENTS: readonly Statement[] = [
  (n) => `const o = new ${n.class}(); note(await o.spawn_agent({ role: ${n.role}.QA_ENGINEER }));`,
  (n, t) => `const o${annotated(n.class, t)} = new ${n.class}; note(await o.get_system_status());`,
  (n) => `note((await new /* why */ ${n.class}(/* none */).get_system_status()).health)`,
  (n) =>
    `const made = [1, 2].map(() => ${n.create}());\n  note(made.length); await made[1].spawn_agent({ role: ${n.role}['DEVOPS_ENGINEER'] });`,
  (n, t) =>
    `class Holder { held${annotated(n.class, t)} = new ${n.class}(); }\n  note(await new Holder().held.spawn_agent({}));`,
  (n) => `const text = \`in \${${n.role}.BACKEND_DEVELOPER} \${typeof new ${n.class}()}\`; note(text);`,
  (n) => `const by = { [${n.role}.QA_ENGINEER]: 1, other: ${n.role}.FRONTEND_DEVELOPER }; note(by);`,
  (n) =>
    `try { await new ${n.class}().delegate_task({}); } catch (error) {\n    if (error instanceof ${n.error}) note(error.message); else throw error;\n  }`,
  (n) =>
    `try { await ${n.create}().delegate_task({}); } catch (error) { note(error instanceof ${n.base} ? 'known' : 'unknown'); }`,
  (n) => `try { throw new Error('own'); } catch (error) { note(!(error instanceof ${n.error}) && 'own'); }`,
  (n) => `const OrchestratorV2 = 'taken'; note([OrchestratorV2, typeof ${n.create}()]);`,
  (n) => `const wrap = (legacyInterface) => [legacyInterface, ${n.create}() !== null]; note(wrap('taken'));`,
  () => `class SimpleOrchestrator { spawn_agent() { return 'own'; } }\n  note(new SimpleOrchestrator().spawn_agent());`,
  (n) => `const pick = true ? new ${n.class}() : ${n.create}(); note(await pick.get_system_status())`,
  (n, t) =>
    t ? `const given = (one: ${n.class} | null): one is ${n.class} => one !== null; note(given(null));` : 'note(0);',
  (n, t) =>
    t ? `let role: ${n.role.includes('[') ? 'string' : n.role} = ${n.role}.QA_ENGINEER; note(role);` : 'note(1);',
];

const END_OF_LINE = fc.constantFrom('\n', '\r\n');

export type Program = { readonly text: string };

export const programs: fc.Arbitrary<Program> = fc
  .record({
    form: fc.constantFrom(...IMPORTS),
    statements: fc.array(fc.constantFrom(...STATEMENTS), { minLength: 1, maxLength: 6 }),
    noise: fc.boolean(),
    end: END_OF_LINE,
    hasMark: fc.boolean(),
  })
  .map(({ form, statements, noise, end, hasMark }) => {
    const body = statements.map((statement) => `  {\n  ${statement(form.names, form.hasTypes)}\n  }`);
    const lines = [
      form.head,
      noise ? "import { noise } from './noise';\nnote(noise);" : '',
      'export async function main() {',
      form.inMain === '' ? '' : `  ${form.inMain}`,
      ...body,
      "  return 'done';",
      '}',
      '',
    ];
    return { text: (hasMark ? '\uFEFF' : '') + lines.join('\n').replaceAll('\n', end) };
  });
