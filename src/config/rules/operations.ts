import { parseIdPlace } from '../../wire/places.ts';
import type { Draft, Placed, TypeDraft } from '../draft.ts';
import { type Objection, quote, quotePath } from '../problems.ts';
import type { OperationInput } from '../schema.ts';
import { mergeOperations } from '../spec.ts';
import { paramsOf } from '../texts.ts';

/** Each operation of a type can be told from the others, and its ids can be found. */
export function operationRules({ types }: Draft): readonly Objection[] {
  return types.flatMap((type) => [...sameNames(type), ...sameRoutes(type), ...type.operations.flatMap(badPlaces)]);
}

function sameNames({ operations }: TypeDraft): readonly Objection[] {
  const seen = new Set<string>();
  return operations.flatMap(({ path, value: { name } }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      objection([...path, 'name'], `expected a name that no other operation of the type has, got ${quote(name)}`),
    ];
  });
}

function sameRoutes({ builtIn, operations }: TypeDraft): readonly Objection[] {
  const own = new Map(operations.map(({ path, value }) => [value as unknown, path]));
  const taken = new Map<string, string>();
  const merged = mergeOperations(
    builtIn?.operations ?? [],
    operations.map(({ value }) => value),
  );
  return merged.flatMap((operation) => {
    const route = `${operation.method} ${operation.path.replaceAll(/\/:[^/]+/g, '/:')}`;
    const earlier = taken.get(route);
    const path = own.get(operation);
    taken.set(route, earlier ?? operation.name);
    if (earlier === undefined || path === undefined) return [];
    const shown = `${operation.method} ${operation.path}`;
    return [
      objection([...path, 'path'], `expected a route of its own, got ${quotePath(shown)}, which ${quote(earlier)} has`),
    ];
  });
}

function badPlaces({ path, value }: Placed<OperationInput>): readonly Objection[] {
  const params = paramsOf(value.path);
  const names = Object.entries(value.names ?? {}).flatMap(([kind, text]) => {
    const place = parseIdPlace(text);
    if (place.in !== 'path' || params.includes(place.name)) return [];
    const known = params.length === 0 ? 'none' : params.map((param) => `path.${param}`).join(', ');
    const message = `expected a ":name" of the path ${quotePath(value.path)} (${known}), got ${quotePath(text)}`;
    return [objection([...path, 'names', kind], message)];
  });
  const creates = Object.entries(value.creates ?? {}).flatMap(([kind, text]) => {
    const place = parseIdPlace(text);
    if (place.in === 'body' || place.in === 'header') return [];
    const message = `expected header:NAME or body:/POINTER (an answer has no ${place.in}), got ${quotePath(text)}`;
    return [objection([...path, 'creates', kind], message)];
  });
  return [...names, ...creates];
}

function objection(path: Objection['path'], message: string): Objection {
  return { path, part: 'value', message };
}
