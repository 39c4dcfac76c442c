/**
 * Why something is left as it is and what a person can do about it, by rule. docs/codemods.md lists the same rules;
 * a test compares the two.
 */

/**
 * What a finding keeps from being rewritten besides itself:
 * - `nothing`: other uses do not depend on it
 * - `types`: annotations of the class in the file, because an instance of it may stay there
 * - `file`: every use in the file, because half of it would work with other instances than the rest
 * As long as instances stay anywhere, tests for the module's error classes stay everywhere.
 */
export type Holds = 'nothing' | 'types' | 'file';

export type Rule = { readonly why: string; readonly how: string; readonly holds: Holds };

export const RULES = {
  // ── constructions
  'constructor-arguments': {
    why: 'It is given collaborators (a database, a cache, a client), and the kernel takes its own.',
    how: 'Decide which of them V2 still needs, pass those to a plugin, and construct the interface without arguments.',
    holds: 'types',
  },
  'shared-instance': {
    why: 'All callers of this function share one instance; constructing one here would split them.',
    how: 'Construct the interface once in a module of your own, export it, and import it here.',
    holds: 'types',
  },
  'class-as-value': {
    why: 'The class itself is passed on, and what becomes of it cannot be seen here.',
    how: 'Pass a function that returns legacyInterface(...), or the instance.',
    holds: 'types',
  },
  'factory-as-value': {
    why: 'The function itself is passed on or called in a form that has no counterpart.',
    how: 'Pass a function that returns legacyInterface(...).',
    holds: 'types',
  },
  subclass: {
    why: 'A class extends it, and the interface over a kernel is an object, not a class.',
    how: 'Hold the interface in a field and delegate to it, or move what the subclass adds into a plugin.',
    holds: 'types',
  },
  'static-member': {
    why: 'It reads or patches the class itself (prototype, name, a static member).',
    how: 'Work on the instance that legacyInterface(...) returns.',
    holds: 'file',
  },
  instanceof: {
    why: 'Interfaces over a kernel are not instances of the legacy class, so this test would answer false.',
    how: 'Test for a method, or mark the instances where you construct them.',
    holds: 'file',
  },
  'unknown-member': {
    why: 'The legacy instance is used by a member that is not part of its public interface.',
    how: 'Read the state through get_system_status, or from the kernel that you construct.',
    holds: 'file',
  },
  'positional-arguments': {
    why: 'The methods of an interface take one object of named arguments.',
    how: 'Pass one object with the names of the parameters, as in spawn_agent({ role, agent_id }).',
    holds: 'nothing',
  },
  // ── types
  'class-type-query': {
    why: 'The type of the class itself (typeof) has no counterpart: an interface has no constructor.',
    how: 'Use LegacyInterface<...> for the instance, or describe the function that makes it.',
    holds: 'types',
  },
  'decorated-type': {
    why: 'A decorator may read this type at run time and use the class as a token.',
    how: 'Give the dependency a token of its own, then use LegacyInterface<...> as its type.',
    holds: 'types',
  },
  'doc-mention': {
    why: 'A documentation comment links to the name.',
    how: 'Let it name what stands there now.',
    holds: 'nothing',
  },
  // ── enums and errors
  'enum-as-value': {
    why: 'The enum is used as a whole, or by a member that the catalogue does not know.',
    how: 'Write the values out: they are plain strings.',
    holds: 'nothing',
  },
  'error-class': {
    why: 'Interfaces over a kernel throw errors that have the name of the legacy class, and are no instances of it.',
    how: "Test `error.name === '...'` instead of the class; throw an error of your own instead of a legacy one.",
    holds: 'file',
  },
  'legacy-elsewhere': {
    why: 'Instances of the legacy class stay, here or in another file, and their errors are of this class.',
    how: 'Resolve the findings about their construction, then run the codemod again over all files.',
    holds: 'nothing',
  },
  // ── how the module is reached
  're-export': {
    why: 'This file hands the name on, perhaps to callers outside these paths.',
    how: 'Callers in these paths no longer need it. Remove it when no other is left.',
    holds: 'nothing',
  },
  'inline-load': {
    why: 'The module is loaded inside an expression, or into a declaration of several parts.',
    how: 'Load it in a statement of its own (`const { A } = await import(...)`), then run the codemod again.',
    holds: 'types',
  },
  'import-form': {
    why: 'An import in this form (`import x = require(...)`, attributes, defer) has no counterpart that is sure to work.',
    how: "Import by name (`import { A } from '...'`), then run the codemod again.",
    holds: 'types',
  },
  'side-effect-import': {
    why: 'The module is imported for what it does when it is loaded.',
    how: 'Remove it when nothing depends on that.',
    holds: 'nothing',
  },
  'unused-import': {
    why: 'Nothing in the file uses the name, yet loading the module may matter.',
    how: 'Remove it when nothing depends on that.',
    holds: 'nothing',
  },
  'module-mock': {
    why: 'A test replaces the legacy module; code that no longer imports it is not affected any more.',
    how: 'Replace banyan/adapters instead, or pass a double to the code under test.',
    holds: 'file',
  },
  'module-string': {
    why: 'The name of the module stands in a string, and what reads it cannot be seen here.',
    how: 'Change it by hand where it names what is imported.',
    holds: 'file',
  },
  'module-type': {
    why: 'The types of the whole module are referred to, and they have no counterpart.',
    how: 'Name the types you need: LegacyInterface<...> from banyan/adapters.',
    holds: 'nothing',
  },
  'module-augmentation': {
    why: 'The declarations of the legacy module are extended here.',
    how: 'Declare what you add on a type of your own.',
    holds: 'file',
  },
  'namespace-as-value': {
    why: 'The module as an object is passed on, and what becomes of it cannot be seen here.',
    how: 'Pass the functions or values that are needed.',
    holds: 'types',
  },
  'computed-specifier': {
    why: 'The name of the module is computed, so it may be a legacy module.',
    how: 'Write the import out for each module that can occur.',
    holds: 'types',
  },
  'package-root': {
    why: 'The name is imported from the root of the legacy package, and several modules have names in common.',
    how: "Import from the module itself ('@hive/core/<type>'), then run the codemod again.",
    holds: 'types',
  },
  'package-import': {
    why: 'The package that is imported hands a legacy module on, in a file that need not be the one imported.',
    how: "Import from the legacy module itself ('@hive/core/<type>'), then run the codemod again.",
    holds: 'types',
  },
  lookalike: {
    why: 'The module has the name of a legacy module, but does not stand where legacy modules stand.',
    how: 'If it is the legacy module, name its specifier with --module; else there is nothing to do.',
    holds: 'nothing',
  },
  'embedded-script': {
    why: 'Scripts inside this kind of file are not rewritten.',
    how: 'Move the import to a module of its own, or change it by hand.',
    holds: 'types',
  },
  'unknown-export': {
    why: 'The catalogue does not know that the module exports this name.',
    how: 'Check the name; if it is right, change this use by hand.',
    holds: 'nothing',
  },
  // ── what the codemod refuses to do
  'held-back': {
    why: 'It could be rewritten, but another finding in this file depends on it.',
    how: 'Resolve that finding, then run the codemod again.',
    holds: 'nothing',
  },
  unsure: {
    why: 'The construct is written in a form that the codemod does not rewrite.',
    how: 'Change it by hand.',
    holds: 'types',
  },
  unaccounted: {
    why: 'The compiler sees a reference here that no rule of the codemod understands.',
    how: 'Change it by hand.',
    holds: 'file',
  },
  'overlapping-edits': {
    why: 'Two rewrites of this file overlap, which is a defect of the codemod; the file was left as it is.',
    how: 'Change it by hand, and report the file to the project.',
    holds: 'file',
  },
  'new-diagnostics': {
    why: 'The rewritten file would give compiler errors that it does not give now, so it was left as it is.',
    how: 'Change it by hand.',
    holds: 'file',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;
