/**
 * What comparing costs, beside the least that anyone could do: parse both bodies and ask `isDeepStrictEqual`, which
 * stops at the first difference, rounds long numbers, loses duplicate keys, and knows no rules and no ids.
 */
import { isDeepStrictEqual } from 'node:util';
import { compare, compileRules, type Pairing } from '../../shadow/compare/index.ts';
import { Ledger } from '../../shadow/ledger/index.ts';
import type { Observation } from '../../src/contract/calls.ts';
import type { BenchmarkResult } from './result.ts';
import { median } from './support/statistics.ts';

export const name = 'compare';

const ROUNDS = 40;
const YARDSTICK = 'JSON.parse twice and isDeepStrictEqual';
const RULES = compileRules([{ at: '/items/*/created', as: 'time', reason: 'clocks differ' }]);
const PAIRING: Pairing = { toPrimary: (id) => TWINS.get(id) };
const TWINS = new Map(Array.from({ length: 3000 }, (_, index) => [`v2-${index}-0b7e11ad`, idOf(index)]));

type Row = ReturnType<typeof row>;
type Case = { readonly does: string; readonly change: (rows: readonly Row[]) => unknown; readonly msMax?: number };

const CASES: readonly Case[] = [
  { does: 'equal, members in another order', change: (rows) => ({ items: rows.map((one) => reordered(one)) }) },
  { does: 'ids of twins, other times', change: (rows) => ({ items: rows.map((one, index) => twinOf(one, index)) }) },
  { does: '3 changes', change: (rows) => ({ items: rows.map((one, index) => changed(one, index, rows.length)) }) },
  { does: '1 insertion at the head', change: (rows) => ({ items: [row(-1), ...rows] }) },
  { does: 'reversed', change: (rows) => ({ items: rows.toReversed() }), msMax: 50 },
];

export async function run(): Promise<readonly BenchmarkResult[]> {
  const results: BenchmarkResult[] = [];
  for (const count of [3, 300, 3000]) {
    const rows = Array.from({ length: count }, (_, index) => row(index));
    for (const one of CASES) results.push(measureCase(rows, one));
  }
  return [...results, measureObserved()];
}

function measureCase(rows: readonly Row[], { does, change, msMax }: Case): BenchmarkResult {
  const primary = answer({ items: rows });
  const candidate = answer(change(rows));
  const [ours, yardstick] = inTurn(
    () => compare(primary, candidate, RULES, PAIRING),
    () => isDeepStrictEqual(parsed(primary), parsed(candidate)),
    rows.length < 100 ? 200 : 1,
  );
  return {
    metric: `${does}, ${Math.round(bytesOf(primary).byteLength / 1000)} KB`,
    value: round(ours),
    unit: 'ms',
    against: YARDSTICK,
    ratio: round(ours / yardstick),
    target: msMax === undefined ? null : `at most ${msMax} ms`,
    met: msMax === undefined ? null : ours <= msMax,
  };
}

/** `Ledger.observed` runs on every call in the gateway's event loop. */
function measureObserved(): BenchmarkResult {
  const ledger = new Ledger({ clock: Date.now });
  const observations = Array.from(
    { length: 1024 },
    (_, index): Observation => ({ ...answer({}), totalMs: 1 + (index % 97), firstByteMs: 1 }),
  );
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let call = 0; call < 20_000; call += 1) {
      ledger.observed('get', 'legacy', 'primary', observations[call % 1024] as Observation);
    }
    times.push(((performance.now() - start) * 1000) / 20_000);
  }
  const value = round(median(times));
  return {
    metric: 'Ledger.observed',
    value,
    unit: 'µs',
    against: null,
    ratio: null,
    target: 'at most 2 µs',
    met: value <= 2,
  };
}

/** Milliseconds of both, measured in turn, so that a busy machine is busy for both. */
function inTurn(one: () => unknown, other: () => unknown, times: number): readonly [number, number] {
  const measured: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [which, work] of [one, other].entries()) {
      const start = performance.now();
      for (let time = 0; time < times; time += 1) work();
      measured[which]?.push((performance.now() - start) / times);
    }
  }
  return [median(measured[0]), median(measured[1])];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

function idOf(index: number): string {
  return `agent-${index}-3f9c01ab`;
}

function row(index: number) {
  return {
    id: idOf(index),
    name: `Agent number ${index}`,
    role: 'worker',
    state: index % 3 === 0 ? 'busy' : 'idle',
    created: new Date(1.7e12 + index * 1000).toISOString(),
    load: index / 7,
    tags: ['a', 'b', `t${index % 5}`],
    tasks: index,
  };
}

/** The first, the middle and the last row change. */
function changed(one: Row, index: number, count: number): Row {
  return [0, Math.trunc(count / 2), count - 1].includes(index) ? { ...one, state: 'failed' } : one;
}

function reordered({ id, ...rest }: Row): unknown {
  return { ...rest, id };
}

function twinOf(one: Row, index: number): unknown {
  return { ...one, id: `v2-${index}-0b7e11ad`, created: new Date(1.8e12 + index).toISOString() };
}

function answer(value: unknown): Observation {
  const headers = ['Content-Type', 'application/json'];
  const body = Buffer.from(JSON.stringify(value));
  return { side: 'legacy', firstByteMs: 1, totalMs: 1, outcome: { kind: 'answer', status: 200, headers, body } };
}

function bytesOf({ outcome }: Observation): Uint8Array {
  return (outcome.kind === 'answer' ? outcome.body : null) ?? new Uint8Array(0);
}

function parsed(observation: Observation): unknown {
  return JSON.parse(new TextDecoder().decode(bytesOf(observation)));
}
