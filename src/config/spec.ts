import type { TypeSpec } from '../contract/specs.ts';
import type { AffinitySource, CompareRule, Wire, WireOperation } from '../contract/wire.ts';
import type { TypeInput } from './schema.ts';

/** What keeps a caller on one side when nothing else is said. */
const DEFAULT_AFFINITY: readonly AffinitySource[] = ['address'];

/** A type of the config file, with what comes with Banyan filled in. */
export function typeSpec(
  name: string,
  input: TypeInput,
  { builtIn, legacy, v2 }: { readonly builtIn: Wire | null } & Pick<TypeSpec, 'legacy' | 'v2'>,
): TypeSpec {
  const wire = wireOf(input, builtIn);
  return {
    name,
    match: input.match ?? { by: 'type' },
    wire,
    affinity: wire.affinity,
    legacy,
    v2,
    mirror: input.mirror,
  };
}

function wireOf(input: TypeInput, builtIn: Wire | null): Wire {
  return {
    operations: mergeOperations(builtIn?.operations ?? [], input.operations),
    compare: mergeCompare(builtIn?.compare ?? [], input.compare),
    affinity: input.affinity ?? builtIn?.affinity ?? DEFAULT_AFFINITY,
    order: input.order ?? builtIn?.order ?? 'entity',
  };
}

/** An operation of the config replaces the whole built-in operation of its name; the others come after those. */
export function mergeOperations(
  builtIn: readonly WireOperation[],
  own: readonly WireOperation[],
): readonly WireOperation[] {
  const byName = new Map(own.map((operation) => [operation.name, operation]));
  const names = new Set(builtIn.map(({ name }) => name));
  return [
    ...builtIn.map((operation) => byName.get(operation.name) ?? operation),
    ...own.filter(({ name }) => !names.has(name)),
  ];
}

/** The config's rules come first; a built-in rule for the same place is dropped. */
function mergeCompare(builtIn: readonly CompareRule[], own: readonly CompareRule[]): readonly CompareRule[] {
  const places = new Set(own.map(({ at }) => at));
  return [...own, ...builtIn.filter(({ at }) => !places.has(at))];
}
