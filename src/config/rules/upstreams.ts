import { addressOf, canMeet } from '../addresses.ts';
import { closest } from '../closest.ts';
import type { Draft, TypeDraft } from '../draft.ts';
import { didYouMean, type Objection, quote } from '../problems.ts';

/** Every side has an address, and no call can come back to the gateway or reach one side as both. */
export function upstreamRules(draft: Draft): readonly Objection[] {
  return draft.types.flatMap((type) => [
    ...missingV2(type, draft),
    ...sameSides(type),
    ...loops(type, 'legacy', draft),
    ...loops(type, 'v2', draft),
  ]);
}

function missingV2({ name, path, saysV2, builtIn }: TypeDraft, draft: Draft): readonly Objection[] {
  if (saysV2 || builtIn !== null) return [];
  const meant = didYouMean(closest(name, Object.keys(draft.builtIn)));
  const message = `expected the URL of the V2 side, got nothing (only a type that comes with Banyan can do without, and ${quote(name)} is none)${meant}`;
  return [{ path: [...path, 'v2'], part: 'value', message, missing: true }];
}

function sameSides({ path, legacy, v2 }: TypeDraft): readonly Objection[] {
  if (legacy === null || legacy !== v2) return [];
  const message = `expected another address than the legacy side's, got ${quote(v2)} for both (a mirrored write would reach it twice)`;
  return [{ path: [...path, 'v2'], part: 'value', message }];
}

function loops(type: TypeDraft, side: 'legacy' | 'v2', draft: Draft): readonly Objection[] {
  const origin = type[side];
  if (origin === null) return [];
  return (['data', 'admin'] as const).flatMap((own) => {
    const listen = draft[own];
    if (listen === null || !canMeet(listen, addressOf(origin))) return [];
    const message = `expected the address of another service, got ${quote(origin)}, which is Banyan's own "${own}" address`;
    return [{ path: [...type.path, side], part: 'value', message } as const];
  });
}
