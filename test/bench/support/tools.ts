import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import type { BenchmarkResult } from '../result.ts';
import { installed } from './processes.ts';

/** Versions of the machine's programs; `null`: not installed. */
export type Tools = { readonly nginx: string | null; readonly wrk: string | null; readonly haproxy: string | null };

export function toolsFound(): Tools {
  return { nginx: versionOf('nginx'), wrk: versionOf('wrk'), haproxy: versionOf('haproxy') };
}

/** What the figures were made with: without these programs others stand in, and other figures come out. */
export function toolsResult({ nginx, wrk, haproxy }: Tools): BenchmarkResult {
  const upstream = nginx === null ? 'a node program (nginx is not installed)' : `nginx ${nginx}`;
  const load = wrk === null ? `autocannon ${autocannonVersion()} (wrk is not installed)` : `wrk ${wrk}`;
  const unit = `upstream ${upstream}, load by ${load}, HAProxy ${haproxy ?? 'not installed'}, node ${process.version}`;
  const target = 'nginx as upstream';
  return { metric: 'tools', value: null, unit, against: null, ratio: null, target, met: nginx !== null };
}

/** All of them print it for `-v`, on one output or the other, and wrk ends with 1. */
function versionOf(name: string): string | null {
  const program = installed(name);
  if (program === null) return null;
  const { stdout, stderr } = spawnSync(program, ['-v'], { encoding: 'utf8' });
  return /\d+\.\d+[\w.+-]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'of an unknown version';
}

function autocannonVersion(): string {
  const { version } = createRequire(import.meta.url)('autocannon/package.json') as { readonly version: string };
  return version;
}
