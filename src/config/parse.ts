import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Wire } from '../contract/wire.ts';
import type { Config } from './config.ts';
import { type ConfigDocument, readDocument } from './document.ts';
import { builtInWire, type Draft, draftOf } from './draft.ts';
import { objectionsTo, withoutEchoes } from './objections.ts';
import { ConfigError, type ConfigProblem, inOrder, type Objection, pathText } from './problems.ts';
import { RULES } from './rules/index.ts';
import { fixedChanges, type Running } from './running.ts';
import { CONFIG, type ConfigInput } from './schema.ts';
import { typeSpec } from './spec.ts';
import { type ReadTls, readTlsFiles, type TlsReader } from './tls-files.ts';
import { UpstreamFiles } from './upstream-files.ts';

export type ParseOptions = {
  /** The file's path: for messages, and the folder that `state` and PEM files are relative to. */
  readonly file: string;
  /** Wires of the types that come with Banyan, by name. */
  readonly builtIn: Readonly<Record<string, Wire>>;
  /** Set when the config is to take force in a running gateway: what that cannot change is a problem then. */
  readonly running?: Running | undefined;
  /** Reads certificates and keys; from their files when it is left out. */
  readonly readTls?: TlsReader;
};

/**
 * Reads the text of a config file, YAML or JSON. Throws a ConfigError with every problem it finds.
 *
 * @example parseConfig('types: { simple_orchestrator: { legacy: "http://127.0.0.1:9101" } }', { file, builtIn })
 */
export function parseConfig(text: string, options: ParseOptions): Config {
  const { file, builtIn, running } = options;
  const document = readDocument(text);
  const result = CONFIG.safeParse(document.value);
  const draft = draftOf(document.value, builtIn);
  const read = tlsOf(draft, options);
  const objections =
    document.value === undefined ? [] : objectionsIn(document.value, result.error?.issues ?? [], draft);
  const problems = problemsOf(document, [...objections, ...read.objections], file);
  if (!result.success || problems.length > 0) throw new ConfigError(problems, { files: read.paths });
  const upstreamFiles = new UpstreamFiles(dirname(file));
  const warnings = problemsOf(document, read.warnings, file);
  const own = configOf(result.data, options, upstreamFiles);
  const files = [...read.paths, ...upstreamFiles.paths];
  const config: Config = { ...own, tls: read.tls, files, warnings };
  const changes = running === undefined ? [] : fixedChanges(config, running);
  const refused = problemsOf(document, [...upstreamFiles.objections, ...changes], file);
  if (refused.length > 0) throw new ConfigError(refused, { files });
  return config;
}

/** The state folder that the text of a config file names, whatever else is wrong with it; `null` when that cannot be told. */
export function stateFolderIn(text: string, file: string): string | null {
  const { value } = readDocument(text);
  const state = value === undefined ? null : draftOf(value, {}).state;
  return state === null ? null : resolve(dirname(file), state);
}

function objectionsIn(value: unknown, issues: readonly z.core.$ZodIssue[], draft: Draft): readonly Objection[] {
  return withoutEchoes([...objectionsTo(value, issues), ...RULES.flatMap((rule) => rule(draft))]);
}

const NO_TLS: ReadTls = { tls: null, paths: [], objections: [], warnings: [] };

function tlsOf({ tls }: Draft, { file, readTls = readTlsFiles }: ParseOptions): ReadTls {
  return tls === null ? NO_TLS : readTls(tls, dirname(file));
}

function problemsOf(
  document: ConfigDocument,
  objections: readonly Objection[],
  file: string,
): readonly ConfigProblem[] {
  const found = [
    ...document.problems,
    ...objections.map(({ path, part, message }) => ({ ...document.positionOf(path, part), path, message })),
  ];
  return inOrder(found.map(({ path, ...problem }) => ({ ...problem, file, path: pathText(path) })));
}

function configOf(
  input: ConfigInput,
  { file, builtIn }: ParseOptions,
  upstreamFiles: UpstreamFiles,
): Omit<Config, 'tls' | 'files' | 'warnings'> {
  const { data, unixMode } = input;
  return {
    data: 'unix' in data ? { ...data, mode: unixMode } : data,
    admin: input.admin,
    state: resolve(dirname(file), input.state),
    types: Object.entries(input.types).map(([name, type]) =>
      typeSpec(name, type, {
        builtIn: builtInWire(name, builtIn),
        legacy: upstreamFiles.upstream(type.legacy, ['types', name, 'legacy']),
        v2: type.v2 === undefined ? null : upstreamFiles.upstream(type.v2, ['types', name, 'v2']),
      }),
    ),
    trustedProxies: input.trustedProxies,
    limits: input.limits,
    timeouts: input.timeouts,
    telemetry: { otlp: input.telemetry.otlp ?? null },
  };
}
