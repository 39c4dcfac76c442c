import { describe, expect, it } from 'vitest';
import { toolsResult } from './tools.ts';

describe('the row of tools', () => {
  it('names what the figures were made with', () => {
    const row = toolsResult({ nginx: '1.22.1', wrk: '4.1.0', haproxy: '2.6.12' });
    expect(row).toMatchObject({ metric: 'tools', value: null, target: 'nginx as upstream', met: true });
    expect(row.unit).toBe(`upstream nginx 1.22.1, load by wrk 4.1.0, HAProxy 2.6.12, node ${process.version}`);
  });

  it('says what stood in for a program that is missing', () => {
    const row = toolsResult({ nginx: null, wrk: null, haproxy: null });
    expect(row.met).toBe(false);
    expect(row.unit).toMatch(
      /^upstream a node program \(nginx is not installed\), load by autocannon \d+\.\d+\.\d+ \(wrk is not installed\), HAProxy not installed, node v/,
    );
  });
});
