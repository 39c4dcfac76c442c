import { describe, expect, it } from 'vitest';
import { type Round, resultsOf } from './gateway-figures.ts';

const round = (cpuMsPerCall: number): Round => ({ calls: 1000, wrong: 0, p50Ms: 1, p99Ms: 2, cpuMsPerCall });
const MEASURED: readonly (readonly [string, readonly Round[]])[] = [
  ['direct', [round(0)]],
  ['nginx', [round(0.05)]],
  ['http-proxy', [round(0.3)]],
  ['@fastify/http-proxy', [round(0.3)]],
  ['bare undici', [round(0.1)]],
  ['banyan at off', [round(0.1)]],
  ['banyan with shadow', [round(0.3)]],
];

const rowOf = (without: string, against: string) =>
  resultsOf('GET', new Map(MEASURED.filter(([name]) => name !== without))).find(
    (result) => result.metric.startsWith('GET CPU a call') && result.against === against,
  );

describe('the figures of the gateway', () => {
  it('hold a call against each side', () => {
    expect(rowOf('', 'nginx')).toMatchObject({ value: 0.1, ratio: 2, target: 'at most 2.2x', met: true });
    expect(rowOf('', 'banyan at off')).toMatchObject({ value: 0.3, target: 'at most 2.3x', met: false });
  });

  it('miss the target of a side that is not installed, and say so', () => {
    expect(rowOf('nginx', 'nginx')).toEqual({
      metric: 'GET CPU a call, banyan at off',
      value: null,
      unit: 'not measured: nginx is not installed',
      against: 'nginx',
      ratio: null,
      target: 'at most 2.2x',
      met: false,
    });
  });

  it('name a side without a target that is not installed', () => {
    expect(rowOf('', 'HAProxy')).toMatchObject({ value: null, target: null, met: null });
  });
});
