import { BanyanError } from '../../contract/errors.ts';
import { type FieldShape, HOOKS, type HookName, type HookRow } from '../../contract/hooks.ts';
import type { AnyPlugin, MergeRule, Reducer } from '../../contract/plugins.ts';

/** Throws PLUGIN_INVALID with everything that is wrong with a definition. Definitions may come from plain JavaScript. */
export function checkDefinition(plugin: AnyPlugin): void {
  const problems = CHECKS.flatMap((check) => check(plugin));
  if (problems.length > 0) throw new BanyanError('PLUGIN_INVALID', `plugin ${plugin.name}: ${problems.join('; ')}`);
}

/** Throws PLUGIN_INVALID when two definitions have one name. */
export function refuseDoubles(plugins: readonly AnyPlugin[]): void {
  const names = plugins.map((plugin) => plugin.name);
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) throw new BanyanError('PLUGIN_INVALID', `two plugins are named ${double}`);
}

type Check = (plugin: AnyPlugin) => readonly string[];

const CHECKS: readonly Check[] = [
  checkName,
  checkOrder,
  checkHooks,
  checkWrites,
  checkOnError,
  checkBudgets,
  checkState,
  checkCapabilities,
];

const ROWS: Readonly<Record<string, HookRow>> = HOOKS;

function row(hook: string): HookRow | undefined {
  return Object.hasOwn(ROWS, hook) ? ROWS[hook] : undefined;
}

function checkName({ name, version }: AnyPlugin): readonly string[] {
  const problems: string[] = [];
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,63}$/.test(name)) problems.push('name must be kebab-case');
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    problems.push(`version must be like 1.2.3, not ${version}`);
  return problems;
}

function checkOrder({ name, order, requires = [], before = [], after = [] }: AnyPlugin): readonly string[] {
  const problems = [...requires, ...before, ...after].includes(name) ? ['it names itself in its order'] : [];
  if (order === undefined || ['pre', 'normal', 'post'].includes(order)) return problems;
  return [...problems, `order must be pre, normal or post, not ${order}`];
}

function checkHooks({ hooks }: AnyPlugin): readonly string[] {
  if (typeof hooks !== 'object' || hooks === null) return ['hooks must be a record of functions'];
  return Object.entries(hooks).flatMap(([hook, implementation]) => {
    if (row(hook) === undefined) return [`there is no hook ${hook}`];
    return typeof implementation === 'function' ? [] : [`hooks.${hook} must be a function`];
  });
}

function checkWrites({ hooks, writes = {} }: AnyPlugin): readonly string[] {
  return Object.entries(writes).flatMap(([hook, fields]) => {
    if (row(hook)?.kind !== 'transform') return [`writes.${hook}: only transform hooks write`];
    if (!Object.hasOwn(hooks ?? {}, hook)) return [`writes.${hook}: it does not implement that hook`];
    return Object.entries(fields ?? {}).flatMap(([field, rule]) => checkWrite(hook, field, rule as MergeRule));
  });
}

function checkWrite(hook: string, field: string, rule: MergeRule): readonly string[] {
  const fields = row(hook)?.fields ?? {};
  const shape = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (shape === undefined)
    return [`writes.${hook}.${field}: the hook lets ${Object.keys(fields).join(', ')} be written`];
  if (rule === 'exclusive') return [];
  if (typeof rule === 'object' && rule !== null && Number.isFinite(rule.priority)) return [];
  if (typeof rule === 'string' && Object.hasOwn(REDUCES, rule)) {
    const shapes: readonly FieldShape[] = REDUCES[rule];
    return shapes.includes(shape) ? [] : [`writes.${hook}.${field}: ${rule} does not fit a field of shape ${shape}`];
  }
  return [`writes.${hook}.${field}: a merge rule is exclusive, { priority }, min, max, union or merge`];
}

const REDUCES = {
  min: ['integer', 'deadline'],
  max: ['integer', 'deadline'],
  union: ['names'],
  merge: ['record'],
} as const satisfies Record<Reducer, readonly FieldShape[]>;

function checkOnError({ hooks, onError = 'open' }: AnyPlugin): readonly string[] {
  if (onError === 'open' || onError === 'closed') return [];
  return Object.entries(onError).flatMap(([hook, value]) => {
    if (!Object.hasOwn(hooks ?? {}, hook)) return [`onError.${hook}: it does not implement that hook`];
    if (value !== 'open' && value !== 'closed') return [`onError.${hook} must be open or closed`];
    return value === 'closed' && row(hook)?.kind === 'observe' ? [`onError.${hook}: an observer cannot veto`] : [];
  });
}

function checkBudgets({ hooks, budgets = {} }: AnyPlugin): readonly string[] {
  const share = budgets.loopShareMax ?? 1;
  const problems = share > 0 && share <= 1 ? [] : ['budgets.loopShareMax must be above 0 and at most 1'];
  for (const [hook, budgetMs] of Object.entries(budgets.callMs ?? {})) {
    if (!Object.hasOwn(hooks ?? {}, hook)) problems.push(`budgets.callMs.${hook}: it does not implement that hook`);
    if (!(Number.isFinite(budgetMs) && (budgetMs as number) > 0))
      problems.push(`budgets.callMs.${hook} must be positive`);
  }
  return problems;
}

function checkState({ state }: AnyPlugin): readonly string[] {
  if (state === undefined) return [];
  if (!Number.isSafeInteger(state.version) || state.version < 1) return ['state.version must be 1 or more'];
  return typeof state.initial === 'function' ? [] : ['state.initial must be a function'];
}

function checkCapabilities({ capabilities = {}, serve = {} }: AnyPlugin): readonly string[] {
  const declared = Object.keys(capabilities);
  return [
    ...declared
      .filter((name) => typeof serve[name] !== 'function')
      .map((name) => `capability ${name} has no serve.${name}`),
    ...Object.keys(serve)
      .filter((name) => !declared.includes(name))
      .map((name) => `serve.${name} is not declared as a capability`),
  ];
}

/** For rows of a plugin's own: the hooks it implements, in table order. */
export function implementedHooks({ hooks }: AnyPlugin): readonly HookName[] {
  return (Object.keys(HOOKS) as readonly HookName[]).filter((hook) => typeof hooks[hook] === 'function');
}
