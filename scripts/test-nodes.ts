/**
 * `npm run test:nodes [-- VERSION... | TEST-FILTER... | --json]` runs the suite on other versions of Node: the oldest
 * that package.json allows, the one that is developed on, and the next. Each comes as the npm package `node` and stays
 * in node_modules/.cache. Ends with 1 when a test failed anywhere.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = ['22.19.0', '24', '26'];

export type NodeResult = {
  /** As asked for, and as it calls itself. */
  readonly version: string;
  readonly runs: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Names of failed tests, and files that could not be loaded. */
  readonly failures: readonly string[];
};

type Arguments = { readonly versions: readonly string[]; readonly filters: readonly string[]; readonly json: boolean };

export function readArguments(given: readonly string[]): Arguments {
  const isVersion = (text: string) => /^\d+(?:\.\d+){0,2}$/.test(text);
  const versions = given.filter(isVersion);
  return {
    versions: versions.length === 0 ? VERSIONS : versions,
    filters: given.filter((text) => !isVersion(text) && !text.startsWith('--')),
    json: given.includes('--json'),
  };
}

type Run = Pick<NodeResult, 'version' | 'runs' | 'seconds'> & { readonly code: number | null };

/** What vitest's JSON report says, in short. */
export function resultOf({ version, runs, seconds, code }: Run, report: unknown): NodeResult {
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, testResults = [] } = report as Report;
  const failures = testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed').map(({ fullName }) => fullName);
    return failed.length > 0 || status === 'passed' ? failed : [`${name} (not loaded)`];
  });
  // Errors that belong to no test are in no report.
  if (code !== 0 && failures.length === 0) failures.push(`vitest itself, with exit code ${code}`);
  return {
    version,
    runs,
    passed: numPassedTests,
    failed: Math.max(numFailedTests, failures.length),
    skipped: numPendingTests,
    seconds,
    failures,
  };
}

type Report = {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

export function table(results: readonly NodeResult[]): string {
  const rows = [
    ['asked for', 'node', 'passed', 'failed', 'skipped', 'seconds'],
    ...results.map(({ version, runs, passed, failed, skipped, seconds }) =>
      [version, runs, passed, failed, skipped, seconds].map(String),
    ),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, ...results.flatMap(({ runs, failures }) => failures.map((name) => `${runs} failed: ${name}`))].join(
    '\n',
  );
}

async function main({ versions, filters, json }: Arguments): Promise<boolean> {
  const results: NodeResult[] = [];
  for (const version of versions) results.push(await testOn(version, filters));
  process.stdout.write(`${json ? JSON.stringify(results, null, 2) : table(results)}\n`);
  return results.every(({ failed }) => failed === 0);
}

const root = fileURLToPath(new URL('../', import.meta.url));

async function testOn(version: string, filters: readonly string[]): Promise<NodeResult> {
  const folder = join(root, 'node_modules/.cache/nodes', version);
  const bin = join(folder, 'node_modules/.bin');
  const node = join(bin, 'node');
  if (!existsSync(node)) await install(version, folder);
  const runs = (await run(node, ['--version'], 'pipe')).text.trim();
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const begunMs = performance.now();
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(node, [vitest, 'run', ...reporters, ...filters], 'stderr', bin);
  const seconds = Math.round((performance.now() - begunMs) / 1000);
  if (!existsSync(report)) throw new Error(`vitest wrote no report on Node ${runs}: see above`);
  return resultOf({ version, runs, seconds, code }, JSON.parse(readFileSync(report, 'utf8')));
}

/** Beside the project: neither package.json nor the lock file knows of it. */
async function install(version: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quiet, '--prefix', folder, `node@${version}`], 'stderr');
  if (!existsSync(join(folder, 'node_modules/.bin/node'))) throw new Error(`npm could not install node@${version}`);
}

type Ended = { readonly code: number | null; readonly text: string };

/** What it prints goes to stderr, or is given back. */
function run(command: string, args: readonly string[], stdout: 'stderr' | 'pipe', path?: string): Promise<Ended> {
  const env = path === undefined ? process.env : { ...process.env, PATH: `${path}${delimiter}${process.env.PATH}` };
  const out = stdout === 'pipe' ? 'pipe' : process.stderr;
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', out, process.stderr] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = (await main(readArguments(process.argv.slice(2)))) ? 0 : 1;
