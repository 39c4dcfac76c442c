import type { Draft, TypeDraft } from '../draft.ts';
import { type Objection, quote } from '../problems.ts';

/** Lists of which the first fitting line counts: no line may be there in vain. */
export function preferenceRules({ types }: Draft): readonly Objection[] {
  return types.flatMap((type) => [...affinityInVain(type), ...compareTwice(type)]);
}

/** Every call has an address and is a request, so nothing after these two is ever asked. */
const ALWAYS_THERE: readonly string[] = ['address', 'request'];

function affinityInVain({ affinity }: TypeDraft): readonly Objection[] {
  const first = affinity.findIndex(({ value }) => ALWAYS_THERE.includes(value));
  const always = affinity[first]?.value;
  const seen = new Set<string>();
  return affinity.flatMap(({ path, value }, index) => {
    if (always !== undefined && index > first)
      return [at(path, `expected nothing after ${quote(always)}, which every call has, got ${quote(value)}`)];
    if (seen.has(value)) return [at(path, `expected each source once, got ${quote(value)} again`)];
    seen.add(value);
    return [];
  });
}

function compareTwice({ compare }: TypeDraft): readonly Objection[] {
  const seen = new Set<string>();
  return compare.flatMap(({ path, value }) => {
    const rule = `${value.as} ${value.at}`;
    const twice = seen.has(rule);
    seen.add(rule);
    return twice
      ? [at([...path, 'at'], `expected each rule once, got ${quote(value.as)} at ${quote(value.at)} again`)]
      : [];
  });
}

function at(path: Objection['path'], message: string): Objection {
  return { path, part: 'value', message };
}
