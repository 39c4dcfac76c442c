import type { Match } from '../../contract/specs.ts';
import type { Draft, TypeDraft } from '../draft.ts';
import { describeMatch, isUnder } from '../match.ts';
import { type Objection, quote, quotePath } from '../problems.ts';

/** The first type that claims a call gets it, so a type whose calls are claimed before is a mistake. */
export function matchRules({ types }: Draft): readonly Objection[] {
  const takenBy = new Map<string, string>();
  return types.flatMap((type) => {
    const claims = type.match === null ? [] : claimsOf(type.name, type.match);
    const earlier = claims.flatMap(coveredBy).find((claim) => takenBy.has(claim));
    for (const claim of claims.map(claimText)) takenBy.set(claim, takenBy.get(claim) ?? type.name);
    return [...unreachable(type, takenBy.get(earlier ?? '')), ...strayRoutes(type)];
  });
}

function unreachable({ name, path, match }: TypeDraft, earlier: string | undefined): readonly Objection[] {
  if (earlier === undefined || match === null) return [];
  const message = `expected a match that no earlier type claims, got ${describeMatch(name, match)}, which ${quote(earlier)} above claims first`;
  return [{ path: [...path, 'match'], part: 'value', message }];
}

type Claim = Exclude<Match, { by: 'type' }>;

/** What a type must be reachable by. */
function claimsOf(name: string, match: Match): readonly Claim[] {
  if (match.by !== 'type') return [match];
  return [
    { by: 'prefix', prefix: `/${name}` },
    { by: 'header', name: 'x-orchestrator-type', value: name },
  ];
}

/** The claims, as texts, that each leave nothing of a claim to those after it. */
function coveredBy(claim: Claim): readonly string[] {
  const all = claimText({ by: 'prefix', prefix: '/' });
  if (claim.by !== 'prefix') return [all, claimText(claim)];
  const segments = claim.prefix.split('/').slice(1);
  const parents = segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
  return [all, ...parents.map((prefix) => claimText({ by: 'prefix', prefix }))];
}

function claimText(claim: Claim): string {
  switch (claim.by) {
    case 'prefix':
      return `prefix ${claim.prefix}`;
    case 'header':
      return `header ${claim.name}: ${claim.value}`;
    case 'host':
      return `host ${claim.host}`;
  }
}

/** Operations outside the type's prefix would never be asked for. */
function strayRoutes({ name, path, match, operations, builtIn }: TypeDraft): readonly Objection[] {
  if (match?.by !== 'prefix') return [];
  const { prefix } = match;
  const stray = operations.filter(({ value }) => !isUnder(prefix, value.path));
  const objections = stray.map((operation): Objection => {
    const message = `expected a path under the type's prefix ${prefix}, got ${quotePath(operation.value.path)}`;
    return { path: [...operation.path, 'path'], part: 'value', message };
  });
  if (
    builtIn === null ||
    [...builtIn.operations, ...operations.map(({ value }) => value)].some((known) => isUnder(prefix, known.path))
  )
    return objections;
  const message = `expected a prefix of the routes of ${quote(name)}, got ${quotePath(prefix)} (leave "match" out for the routes it comes with)`;
  return [...objections, { path: [...path, 'match', 'prefix'], part: 'value', message }];
}
