/**
 * The command line of the codemods, without the command line: `banyan codemod` parses and calls this. The diff, or
 * with `json` the report, is all that goes to stdout.
 *
 * Exit codes: 0 when nothing is left to do, 1 when work is left: findings, files that could not be looked into, or
 * changes that were not written.
 */
import { BanyanError } from '../src/contract/errors.ts';
import {
  CODEMODS,
  type CodemodName,
  type CodemodReport,
  type Finding,
  runCodemod,
  SKIPPED,
  type SkipReason,
} from './index.ts';

export type CommandOptions = {
  readonly name: string;
  readonly paths: readonly string[];
  readonly cwd: string;
  readonly write: boolean;
  /** Like a dry run, without the diff. */
  readonly check: boolean;
  readonly json: boolean;
  readonly allowDirty: boolean;
  /** `SPECIFIER=TYPE`: further specifiers or paths that are a legacy module. */
  readonly modules: readonly string[];
};

export type CommandStreams = {
  readonly stdout: { write: (text: string) => unknown };
  readonly stderr: { write: (text: string) => unknown; readonly isTTY?: boolean };
};

/** @throws {BanyanError} BAD_INPUT for arguments and paths that cannot be used, DIRTY_TREE */
export async function codemodCommand(options: CommandOptions, { stdout, stderr }: CommandStreams): Promise<0 | 1> {
  if (options.write && options.check) throw new BanyanError('BAD_INPUT', 'Give --write or --check, not both');
  const { paths, cwd, write, allowDirty } = options;
  const onProgress = stderr.isTTY ? progressLine(stderr) : () => {};
  const modules = toldModules(options.modules);
  const report = await runCodemod(knownName(options.name), { paths, cwd, write, allowDirty, modules, onProgress });

  if (options.json) stdout.write(`${JSON.stringify(report)}\n`);
  else {
    if (!write && !options.check) for (const { patch } of report.changes) stdout.write(patch);
    stderr.write(describe(report));
  }
  return isWorkLeft(report) ? 1 : 0;
}

/** Files that may well hold legacy references, and that nobody looked into. */
const UNSEEN: readonly SkipReason[] = ['syntax_errors', 'not_utf8', 'read_only', 'unreadable'];

function isWorkLeft({ wrote, changes, findings, files }: CodemodReport): boolean {
  const isUnseen = files.skipped.some(({ reason }) => UNSEEN.includes(reason));
  return findings.length > 0 || isUnseen || (!wrote && changes.length > 0);
}

function knownName(name: string): CodemodName {
  if (Object.hasOwn(CODEMODS, name)) return name as CodemodName;
  throw new BanyanError('BAD_INPUT', `codemod ${name}: expected one of ${Object.keys(CODEMODS).join(', ')}`);
}

function toldModules(given: readonly string[]): Record<string, string> {
  const pairs = given.map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
    throw new BanyanError('BAD_INPUT', `--module ${pair}: expected SPECIFIER=TYPE`);
  });
  return Object.fromEntries(pairs);
}

const PROGRESS_EVERY_MS = 100;

function progressLine(stderr: CommandStreams['stderr']): (scanned: number) => void {
  let writtenAtMs = 0;
  return (scanned) => {
    const nowMs = performance.now();
    if (nowMs - writtenAtMs < PROGRESS_EVERY_MS) return;
    writtenAtMs = nowMs;
    stderr.write(`\r\x1b[K${scanned} files scanned\r`);
  };
}

// ── for people ──────────────────────────────────────────────────────────────────────────────────────

function describe(report: CodemodReport): string {
  const byRule = Map.groupBy(report.findings, ({ rule }) => rule);
  const parts = [...[...byRule.values()].map(describeRule), describeSkipped(report), describeTotals(report)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function describeRule(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return '';
  const details = new Set(findings.map(({ why }) => why));
  const heading = [
    `${first.rule} (${findings.length})`,
    ...[...details].map((why) => `  why: ${why}`),
    `  how: ${first.how}`,
  ];
  return [...heading, ...aligned(findings.map((finding) => [placeOf(finding), finding.excerpt]))].join('\n');
}

function placeOf({ path, line, column }: Finding): string {
  return `${path}:${line}:${column}`;
}

function aligned(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([place]) => place.length));
  return rows.map(([place, text]) => `  ${place.padEnd(width)}  ${text}`);
}

function describeSkipped({ files: { skipped } }: CodemodReport): string {
  if (skipped.length === 0) return '';
  const rows = skipped.map(({ path, reason }) => [path, SKIPPED[reason]] as const);
  return [`skipped (${skipped.length})`, ...aligned(rows)].join('\n');
}

function describeTotals({ wrote, files, references, changes }: CodemodReport): string {
  const edits = changes.reduce((count, change) => count + change.edits, 0);
  const verb = wrote ? 'changed' : 'would change';
  const lines = [
    `${counted(files.scanned, 'file')} scanned, ${files.analysed} analysed, ${files.changed} ${verb} (${counted(edits, 'edit')})`,
    `${counted(references.total, 'reference')} to legacy modules: ${references.rewritten} rewritten, ${references.reported} reported`,
  ];
  if (!wrote && changes.length > 0) lines.push('Nothing was written: --write writes, or pipe stdout into `git apply`.');
  return lines.join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
