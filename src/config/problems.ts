import { BanyanError } from '../contract/errors.ts';
import { isSecret, isSecretPlace, shapeOf } from './secrets.ts';

/** Keys and list indexes from the root of the config: `['types', 'billing', 'operations', 0]`. */
export type Path = readonly (string | number)[];

/** Something wrong at a path, before it has a line and a column. */
export type Objection = {
  readonly path: Path;
  /** Whether the key itself or its value is to be pointed at. */
  readonly part: 'key' | 'value';
  /** `expected ..., got ...` */
  readonly message: string;
  /** The objection is that nothing stands at the path. */
  readonly missing?: boolean;
  /** The key that the unknown key at the path was probably meant to be. */
  readonly meant?: string;
};

/** Something wrong in a config file, where it stands. */
export type ConfigProblem = {
  readonly file: string;
  /** From 1; 0 when the file as a whole is meant (it cannot be read, say). */
  readonly line: number;
  /** In UTF-16 code units, from 1; 0 when the file as a whole is meant. */
  readonly column: number;
  /** `types.billing.operations[0].path`; empty for the file or its syntax. */
  readonly path: string;
  /** `expected ..., got ...` */
  readonly message: string;
};

/** More are counted, not printed: a broken file can have as many problems as lines. */
const SHOWN_MAX = 50;

/** The config cannot be used. `problems` are all of them, in order of place; the message lists the first 50. */
export class ConfigError extends BanyanError {
  readonly problems: readonly ConfigProblem[];
  /** Absolute paths of the files that the config names and that were looked for; another one may mend it. */
  readonly files: readonly string[];

  constructor(problems: readonly ConfigProblem[], options: ErrorOptions & { readonly files?: readonly string[] } = {}) {
    super('BAD_CONFIG', listed(problems), options);
    this.name = 'ConfigError';
    this.problems = problems;
    this.files = options.files ?? [];
  }
}

function listed(problems: readonly ConfigProblem[]): string {
  const lines = problems.slice(0, SHOWN_MAX).map(formatProblem);
  if (problems.length > SHOWN_MAX) lines.push(`... and ${problems.length - SHOWN_MAX} more problems`);
  return lines.join('\n');
}

/** One line: `banyan.yaml:4:5 types.billing.legacy: expected an http:// or https:// URL, got 3`. */
export function formatProblem(problem: ConfigProblem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === '' ? `${place}: ${problem.message}` : `${place} ${problem.path}: ${problem.message}`;
}

/** Sorted by place, each said once. */
export function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `types.billing.operations[0]`; a key that is no plain word is quoted, `types["a b"]`, or masked where it may be a secret. */
export function pathText(path: Path): string {
  let text = '';
  for (const [index, key] of path.entries()) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(key))
      text += isSecretPlace(path.slice(0, index)) ? '["***"]' : `[${quote(key)}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/**
 * What stood in the file, in a few safe characters: no line breaks, no escape sequences; no password or query of a URL, no
 * header of the collector, no private key.
 * @param path where it stood
 */
export function got(path: Path, value: unknown): string {
  if (value === undefined) return 'got nothing';
  if (isSecret(path, value)) return `got ${shapeOf(value)}`;
  if (typeof value === 'string') return `got ${isPathPlace(path) ? quotePath(value) : quote(value)}`;
  if (Array.isArray(value)) return value.length === 0 ? 'got an empty list' : 'got a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0
      ? 'got an empty mapping'
      : `got a mapping of ${quote(Object.keys(value).join(', '))}`;
  return `got ${String(value)}`;
}

const QUOTED_MAX = 80;

/** In double quotes, shortened, control characters escaped, `user:password@` and the query of a URL masked. */
export function quote(text: string): string {
  return quoted(maskUrl(text));
}

/** The same of a path, which may have a `:name` and an `@`: only what begins as a URL with a scheme is masked. */
export function quotePath(text: string): string {
  return quoted(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? maskUrl(text) : text);
}

function isPathPlace(path: Path): boolean {
  return path[0] === 'types' && (path[2] === 'operations' || path[2] === 'match');
}

function quoted(text: string): string {
  const short = text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}...` : text;
  // JSON.stringify leaves DEL, the C1 controls (0x9b starts an escape sequence) and text direction marks alone.
  return JSON.stringify(short).replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `user:password@host` and `host:4318?token=` are URLs to those who write them. */
function maskUrl(text: string): string {
  if (!/\/\/|:.*[@?#]/s.test(text)) return text;
  // Elsewhere two slashes may stand in the password, or after the host.
  const start = /^(?:[a-z][a-z\d+.-]*:)?\/\//i.exec(text)?.[0].length ?? 0;
  const at = text.indexOf('@', start) === -1 ? start : text.lastIndexOf('@');
  const rest = text.slice(at);
  const query = rest.search(/[?#]/);
  // A query that holds an @, or a password that holds a ?.
  if (/[?#]/.test(text.slice(start, at))) return `${text.slice(0, start)}***`;
  const credentials = at === start ? '' : '***';
  return `${text.slice(0, start)}${credentials}${query === -1 ? rest : `${rest.slice(0, query + 1)}***`}`;
}

/** `; did you mean "legacy"?`, or nothing. */
export function didYouMean(suggestion: string | null): string {
  return suggestion === null ? '' : `; did you mean ${quote(suggestion)}?`;
}
