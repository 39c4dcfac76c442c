import type { z } from 'zod';
import type { Listen, UnixListen } from '../contract/listen.ts';
import type { Match } from '../contract/specs.ts';
import type { Wire } from '../contract/wire.ts';
import type { Path } from './problems.ts';
import {
  DATA,
  DATA_TLS,
  type DataTlsInput,
  LISTEN,
  type OperationInput,
  STATE,
  type TlsInput,
  TYPE,
  type TypeInput,
  UPSTREAM,
} from './schema.ts';

/**
 * As much of a config as is sound key by key, so that the rules over several keys can be checked even where
 * some keys are not. `null` stands for what is missing or wrong by itself.
 */
export type Draft = {
  readonly data: Listen | Pick<UnixListen, 'unix'> | null;
  /** Whether the file says anything of `unixMode`. */
  readonly saysUnixMode: boolean;
  readonly saysTls: boolean;
  readonly tls: DataTlsInput | null;
  readonly admin: Listen | null;
  /** As written: it may be relative. */
  readonly state: string | null;
  readonly types: readonly TypeDraft[];
  /** Wires of the types that come with Banyan, by name. */
  readonly builtIn: Readonly<Record<string, Wire>>;
};

export type TypeDraft = {
  readonly name: string;
  readonly path: Path;
  readonly builtIn: Wire | null;
  readonly match: Match | null;
  /** Addresses of the side's instances. */
  readonly legacy: UpstreamDraft;
  readonly v2: UpstreamDraft;
  /** Whether the file says anything of `v2`. */
  readonly saysV2: boolean;
  readonly affinity: readonly Placed<string>[];
  readonly operations: readonly Placed<OperationInput>[];
  readonly compare: readonly Placed<TypeInput['compare'][number]>[];
};

export type UpstreamDraft = {
  readonly instances: readonly Placed<string>[];
  readonly tls: Placed<TlsInput> | null;
};

/** Something sound, with its path. */
export type Placed<T> = { readonly path: Path; readonly value: T };

export function draftOf(root: unknown, builtIn: Readonly<Record<string, Wire>>): Draft {
  const config = entries(root);
  const types = [...entries(config.get('types'))].filter(([, type]) => isMapping(type));
  return {
    data: sound(DATA.prefault('127.0.0.1:8080'), config.get('data')),
    saysUnixMode: config.has('unixMode'),
    saysTls: config.has('tls'),
    tls: config.has('tls') ? sound(DATA_TLS, config.get('tls')) : null,
    admin: sound(LISTEN.prefault('127.0.0.1:8081'), config.get('admin')),
    state: sound(STATE, config.get('state')),
    types: types.map(([name, type]) => typeDraft(name, type, builtIn)),
    builtIn,
  };
}

function typeDraft(name: string, input: unknown, builtIn: Readonly<Record<string, Wire>>): TypeDraft {
  const path = ['types', name];
  const keys = entries(input);
  const { match, affinity, operations, compare } = TYPE.shape;
  const sources = sound(affinity, keys.get('affinity')) ?? [];
  const several = Array.isArray(keys.get('affinity'));
  return {
    name,
    path,
    builtIn: builtInWire(name, builtIn),
    match: keys.has('match') ? (sound(match, keys.get('match')) ?? null) : { by: 'type' },
    legacy: upstreamDraft(keys.get('legacy'), [...path, 'legacy']),
    v2: upstreamDraft(keys.get('v2'), [...path, 'v2']),
    saysV2: keys.has('v2'),
    affinity: sources.map((value, index) => ({ path: [...path, 'affinity', ...(several ? [index] : [])], value })),
    operations: soundItems(operations.unwrap().element, keys.get('operations'), [...path, 'operations']),
    compare: soundItems(compare.unwrap().element, keys.get('compare'), [...path, 'compare']),
  };
}

function upstreamDraft(input: unknown, path: Path): UpstreamDraft {
  const upstream = sound(UPSTREAM, input);
  if (upstream === null) return { instances: [], tls: null };
  const placeOf = (index: number): Path => {
    if (typeof input === 'string') return path;
    return Array.isArray(input) ? [...path, index] : [...path, 'instances', index];
  };
  return {
    instances: upstream.instances.map((value, index) => ({ path: placeOf(index), value })),
    tls: upstream.tls === null ? null : { path: [...path, 'tls'], value: upstream.tls },
  };
}

/** The wire that comes with Banyan, or `null`. Own properties only: a type may be called `constructor`. */
export function builtInWire(name: string, builtIn: Readonly<Record<string, Wire>>): Wire | null {
  return Object.hasOwn(builtIn, name) ? (builtIn[name] ?? null) : null;
}

function sound<T extends z.ZodType>(schema: T, value: unknown): z.output<T> | null {
  const result = schema.safeParse(value);
  return result.success ? result.data : null;
}

function soundItems<T extends z.ZodType>(schema: T, items: unknown, path: Path): readonly Placed<z.output<T>>[] {
  if (!Array.isArray(items)) return [];
  return items.flatMap((item, index) => {
    const result = schema.safeParse(item);
    return result.success ? [{ path: [...path, index], value: result.data }] : [];
  });
}

function entries(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isMapping(value) ? Object.entries(value) : []);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
