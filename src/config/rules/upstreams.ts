import { addressOf, canMeet } from '../addresses.ts';
import { closest } from '../closest.ts';
import type { Draft, TypeDraft, UpstreamDraft } from '../draft.ts';
import { didYouMean, type Objection, quote } from '../problems.ts';

/** Every side has an address, and no call can come back to the gateway or reach one side as both. */
export function upstreamRules(draft: Draft): readonly Objection[] {
  return draft.types.flatMap((type) => [
    ...missingV2(type, draft),
    ...sameAddresses(type),
    ...[type.legacy, type.v2].flatMap((side) => [...loops(side, draft), ...tlsInVain(side)]),
  ]);
}

function missingV2({ name, path, saysV2, builtIn }: TypeDraft, draft: Draft): readonly Objection[] {
  if (saysV2 || builtIn !== null) return [];
  const meant = didYouMean(closest(name, Object.keys(draft.builtIn)));
  const message = `expected the URL of the V2 side, got nothing (only a type that comes with Banyan can do without, and ${quote(name)} is none)${meant}`;
  return [{ path: [...path, 'v2'], part: 'value', message, missing: true }];
}

/** Whoever is two instances would get twice its share; whoever is both sides, every mirrored write twice. */
function sameAddresses({ legacy, v2 }: TypeDraft): readonly Objection[] {
  const legacys = new Set(legacy.instances.map(({ value }) => value));
  return [
    ...twiceIn(legacy),
    ...twiceIn(v2),
    ...v2.instances
      .filter(({ value }) => legacys.has(value))
      .map(({ path, value }) =>
        objection(
          path,
          `expected another address than the legacy side's, got ${quote(value)} for both (a mirrored write would reach it twice)`,
        ),
      ),
  ];
}

function twiceIn({ instances }: UpstreamDraft): readonly Objection[] {
  const seen = new Set<string>();
  return instances.flatMap(({ path, value }) => {
    const twice = seen.has(value);
    seen.add(value);
    return twice ? [objection(path, `expected each instance once, got ${quote(value)} again`)] : [];
  });
}

function loops({ instances }: UpstreamDraft, draft: Draft): readonly Objection[] {
  return instances.flatMap(({ path, value }) =>
    (['data', 'admin'] as const).flatMap((own) => {
      const listen = draft[own];
      const address = addressOf(value);
      if (listen === null || address === null || !canMeet(listen, address)) return [];
      const message = `expected the address of another service, got ${quote(value)}, which is Banyan's own "${own}" address`;
      return [objection(path, message)];
    }),
  );
}

function tlsInVain({ instances, tls }: UpstreamDraft): readonly Objection[] {
  if (tls === null) return [];
  const plain = instances.filter(({ value }) => !value.startsWith('https:'));
  const objections = plain.map(({ path, value }) =>
    objection(path, `expected an https:// URL, because the side has "tls", got ${quote(value)}`),
  );
  const { cert, key } = tls.value;
  if ((cert === undefined) === (key === undefined)) return objections;
  const [there, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
  return [...objections, objection(tls.path, `expected "${missing}" as well, got "${there}" alone`)];
}

function objection(path: Objection['path'], message: string): Objection {
  return { path, part: 'value', message };
}
