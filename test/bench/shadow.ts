/**
 * What a candidate costs the client. The same legacy service behind the same gateway, at `off` and at `shadow` with
 * candidates of every kind, in turn, several rounds in one run; figures are medians over pairs of neighbours.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { BenchmarkResult } from './result.ts';
import { type Child, startChild } from './support/child.ts';
import { addedP99, type Pair, steadyLoad } from './support/steady-load.ts';

const ROUNDS = 5;

const CANDIDATES = ['answers', 'hangs', 'sends 1 GB', 'refuses'] as const;

export async function run(): Promise<readonly BenchmarkResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'banyan-bench-'));
  const children: Child[] = [];
  try {
    const service = async (mode: string) => {
      const child = await startChild('test/bench/support/candidate.ts', [mode], /^ready (\S+)$/);
      children.push(child);
      return child.line[1] ?? '';
    };
    const legacy = await service('answers');
    const addresses: string[] = [];
    for (const mode of CANDIDATES) addresses.push(mode === 'refuses' ? 'http://127.0.0.1:9' : await service(mode));
    const types = CANDIDATES.map((mode, n) => `  t${n}: { legacy: "${legacy}", v2: "${addresses[n]}" } # ${mode}`);
    writeFileSync(join(folder, 'banyan.yaml'), `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n${types.join('\n')}\n`);
    const up = ['up', '--config', join(folder, 'banyan.yaml'), '--log-level', 'error'];
    const gateway = await startChild('src/cli/main.ts', up, /^banyan ready data=(\S+)/);
    children.push(gateway);
    const admin = await AdminClient.find({ state: join(folder, '.banyan') });
    return await measure(gateway.line[1] ?? '', admin);
  } finally {
    for (const child of children.toReversed()) await child.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(data: string, admin: AdminClient): Promise<readonly BenchmarkResult[]> {
  const pairs = new Map<string, Pair[]>(CANDIDATES.map((mode) => [mode, []]));
  const calls = (n: number) => steadyLoad({ url: `${data}/t${n}/invoices/7`, json: null });
  await calls(0); // warms everything up
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [n, mode] of CANDIDATES.entries()) {
      const off = await calls(n);
      await admin.post(`/v1/types/t${n}/stage`, { stage: 'shadow' });
      pairs.get(mode)?.push({ off, shadowed: await calls(n) });
      await admin.post(`/v1/types/t${n}/stage`, { stage: 'off' });
      console.error(`round ${round + 1}/${ROUNDS}: a candidate that ${mode}`);
    }
  }
  return CANDIDATES.flatMap((mode) => addedP99(`candidate ${mode}`, pairs.get(mode) ?? []));
}
