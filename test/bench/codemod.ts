/**
 * What the codemod costs on a repository of 8,000 files: a clean one, beside `git grep` for the same string, and one in
 * which a file in a hundred names a legacy module, beside a program that parses every file to find them.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchmarkResult } from './result.ts';

export const name = 'codemod';

const FILES = 8_000;
const ROUNDS = 5;
const HIT_EVERY = 100;
const CALLS = 400;

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-codemod-'));
  try {
    const clean = repository(join(folder, 'clean'), () => '');
    const used = repository(join(folder, 'used'), (index) => (index % HIT_EVERY === 0 ? CALLER : ''));
    return [...ofClean(clean), ...ofUsed(used), ofManyCalls(folder)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ofClean(folder: string): readonly BenchmarkResult[] {
  const codemod = fastest(() => program('codemod-run.ts', folder));
  const grep = fastest(() =>
    timed(() => execFileSync('git', ['grep', '-c', '-F', 'simple_orchestrator'], { cwd: folder })),
  );
  return [
    result(
      'clean repository, wall',
      codemod.seconds,
      's',
      `git grep (${grep.seconds.toFixed(2)} s)`,
      grep.seconds,
      0.35,
    ),
    result('clean repository, memory', codemod.megabytes, 'MB', null, null, 90),
  ];
}

function ofUsed(folder: string): readonly BenchmarkResult[] {
  const codemod = fastest(() => program('codemod-run.ts', folder));
  const parser = program('parse-all.ts', folder);
  const beside = `parsing all (${parser.cpuSeconds.toFixed(1)} s)`;
  return [
    result('1 % of files rewritten, wall', codemod.seconds, 's', null, null, 2.5),
    result('1 % of files rewritten, CPU', codemod.cpuSeconds, 's', beside, parser.cpuSeconds, null),
    result(
      '1 % of files rewritten, memory',
      codemod.megabytes,
      'MB',
      `parsing all (${parser.megabytes.toFixed(0)} MB)`,
      parser.megabytes,
      220,
    ),
  ];
}

/** Twice the calls in one file must not take four times as long. */
function ofManyCalls(folder: string): BenchmarkResult {
  const [none = 0, once = 0, twice = 0] = [1, CALLS, 2 * CALLS].map((calls) => {
    const path = join(folder, `calls-${calls}`);
    mkdirSync(path);
    writeFileSync(join(path, 'calls.ts'), IMPORT + many(calls));
    return fastest(() => program('codemod-run.ts', path)).cpuSeconds;
  });
  const factor = (twice - none) / (once - none);
  return {
    ...result(`${2 * CALLS} constructions in a file`, twice - none, 's', `${CALLS} of them`, once - none, null),
    target: 'at most 2.3x',
    met: factor <= 2.3,
  };
}

function many(calls: number): string {
  return Array.from({ length: calls }, (_, index) => `export const made${index} = new SimpleOrchestrator();\n`).join(
    '',
  );
}

// ── measuring ───────────────────────────────────────────────────────────────────────────────────────

type Cost = { readonly seconds: number; readonly cpuSeconds: number; readonly megabytes: number };

function program(file: string, folder: string): Cost {
  const path = fileURLToPath(new URL(`support/${file}`, import.meta.url));
  let printed = '{}';
  const { seconds } = timed(() => {
    printed = execFileSync(process.execPath, [path, folder], { encoding: 'utf8' });
  });
  return { ...(JSON.parse(printed) as Cost), seconds };
}

function timed(work: () => unknown): Cost {
  const startedAtMs = performance.now();
  try {
    work();
  } catch (error) {
    // git grep says with status 1 that it found nothing.
    if (!(error instanceof Error && 'status' in error && error.status === 1)) throw error;
  }
  return { seconds: (performance.now() - startedAtMs) / 1000, cpuSeconds: Number.NaN, megabytes: Number.NaN };
}

/** What disturbs a round only ever adds to it. */
function fastest(round: () => Cost): Cost {
  const rounds = Array.from({ length: ROUNDS }, round);
  return rounds.toSorted((a, b) => a.seconds - b.seconds)[0] ?? round();
}

function result(
  metric: string,
  value: number,
  unit: string,
  against: string | null,
  beside: number | null,
  max: number | null,
): BenchmarkResult {
  const rounded = Math.round(value * 100) / 100;
  const ratio = beside === null ? null : value / beside;
  return {
    metric,
    value: rounded,
    unit,
    against,
    ratio,
    target: max === null ? null : `at most ${max} ${unit}`,
    met: max === null ? null : value <= max,
  };
}

// ── a repository ────────────────────────────────────────────────────────────────────────────────────

const IMPORT = "import { AgentRole, SimpleOrchestrator } from '@hive/core/simple_orchestrator';\n";

const CALLER = `${IMPORT}
const orchestrator = new SimpleOrchestrator();

export async function staff(given: SimpleOrchestrator): Promise<void> {
  await given.spawn_agent({ role: AgentRole.QA_ENGINEER });
  await orchestrator.get_system_status();
}
`;

function repository(folder: string, head: (index: number) => string): string {
  for (let index = 0; index < FILES; index += 1) {
    const path = join(folder, `package-${index % 40}`, `part-${index % 13}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `file-${index}.ts`), head(index) + body(index));
  }
  execFileSync('git', ['init', '-q'], { cwd: folder });
  execFileSync('git', ['add', '-A'], { cwd: folder });
  return folder;
}

/** About 4 KB of functions. */
function body(index: number): string {
  return Array.from(
    { length: 28 },
    (_, part) => `
export function compute${index}_${part}(left: number, right: readonly number[]): number {
  const total = right.reduce((sum, one) => sum + one * left, ${part});
  return total > ${index} ? total : -total;
}
`,
  ).join('');
}
