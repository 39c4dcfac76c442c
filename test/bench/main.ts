/**
 * `npm run bench -- NAME [--json] [--full]`: runs one benchmark and prints its figures; with `--json`, the last line is
 * one object `{name, results}`; with `--full`, what takes long is measured too. It ends with exit code 1 when a target was
 * not met. Figures compare things measured side by side in one run; trust ratios.
 */
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './registry.ts';
import type { Benchmark, BenchmarkResult } from './result.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, full: { type: 'boolean', default: false } },
});
const [name = ''] = positionals;
const load = new Map<string, () => Promise<Benchmark>>(Object.entries(BENCHMARKS)).get(name);
if (load === undefined) {
  console.error(`expected one of ${Object.keys(BENCHMARKS).join(', ')}, got ${JSON.stringify(name)}`);
  process.exit(2);
}

const results = await (await load()).run({ full: values.full });
if (values.json) console.log(JSON.stringify({ name, results }));
else for (const result of results) console.log(line(result));
if (results.some(({ met }) => met === false)) process.exitCode = 1;

function line({ metric, value, unit, against, ratio, target, met }: BenchmarkResult): string {
  const beside = against === null ? '' : ` beside ${against}${ratio === null ? '' : `: ${ratio.toFixed(2)}x`}`;
  const verdict = met === null ? '' : met ? '  met' : '  NOT MET';
  return `${metric}: ${value === null ? '' : `${value} `}${unit}${beside}${target === null ? '' : ` (target ${target})`}${verdict}`;
}
