/** What becomes of the uses in a file, once all of them are known: some are held back by others. */
import { exportKind, type LegacyModule } from './module.ts';
import { report, type Verdict } from './rewrites/rewrite.ts';
import { type Holds, RULES, type RuleId } from './rules.ts';
import type { Use } from './uses.ts';
import { verdictOf } from './verdicts.ts';

export type Decision = { readonly use: Use; readonly verdict: Verdict };

/** Something reported that is no use: a mock, an unknown member. `module: null` stands for all of them. */
export type Reported = { readonly rule: RuleId; readonly module: LegacyModule | null };

/** `staying`: modules of which instances stay somewhere, in whatever file. */
export function decide(
  uses: readonly Use[],
  reported: readonly Reported[],
  staying: ReadonlySet<LegacyModule>,
): readonly Decision[] {
  const first = uses.map((use) => ({ use, verdict: verdictOf(use) }));
  const all = [...reported, ...first.flatMap(asReported)];
  return first.map(({ use, verdict }) => {
    if ('rule' in verdict) return { use, verdict };
    if (isHeldBack(use, all) || isEnumHeldBack(use, first)) return { use, verdict: report('held-back') };
    return { use, verdict: isError(use) && staying.has(use.legacy.module) ? report('legacy-elsewhere') : verdict };
  });
}

export function isError({ legacy }: Use): boolean {
  return exportKind(legacy.module, legacy.name) === 'error';
}

/** Modules of which an instance may stay, as far as these decisions go. */
export function stayingModules(
  decisions: readonly Decision[],
  reported: readonly Reported[],
  modules: readonly LegacyModule[],
): readonly LegacyModule[] {
  const all = [...reported, ...decisions.flatMap(asReported)];
  const holding = all.filter(({ rule }) => RULES[rule].holds !== 'nothing' && rule !== 'error-class');
  return holding.flatMap(({ module }) => module ?? modules);
}

function asReported({ use, verdict }: Decision): readonly Reported[] {
  return 'rule' in verdict ? [{ rule: verdict.rule, module: use.legacy.module }] : [];
}

function isHeldBack({ legacy, role }: Use, all: readonly Reported[]): boolean {
  const isType = role === 'type' || role === 'result_type';
  const isInstanceType = isType && exportKind(legacy.module, legacy.name) !== 'enum';
  const holding: readonly Holds[] = isInstanceType ? ['types', 'file'] : ['file'];
  return all.some(
    ({ rule, module }) => holding.includes(RULES[rule].holds) && (module ?? legacy.module) === legacy.module,
  );
}

/** What leaves the values of an enum alone. */
const HARMLESS: readonly RuleId[] = ['re-export', 'doc-mention'];

/** Values and types of an enum fit each other only as long as all of them are the enum's, or none is. */
function isEnumHeldBack({ legacy }: Use, all: readonly Decision[]): boolean {
  if (exportKind(legacy.module, legacy.name) !== 'enum') return false;
  return all.some(({ use, verdict }) => {
    const isSame = use.legacy.module === legacy.module && use.legacy.name === legacy.name;
    return isSame && 'rule' in verdict && !HARMLESS.includes(verdict.rule);
  });
}
