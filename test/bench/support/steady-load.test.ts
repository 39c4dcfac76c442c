import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { serve } from '../../support/http-server.ts';
import { addedP99, PACE, steadyLoad } from './steady-load.ts';

const QUICK = { ...PACE, callsPerSecond: 200, connections: 4, warmUpCalls: 8, seconds: 0.2 };

describe('a steady load', () => {
  it('makes every call of its pace, on all of its connections, and leaves out the first', async () => {
    const sockets = new Set<Socket>();
    let calls = 0;
    const url = await serve(({ socket }, response) => {
      sockets.add(socket);
      calls += 1;
      response.end('{}');
    });
    const seen = await steadyLoad({ url, json: null }, QUICK);
    expect(seen).toMatchObject({ calls: 40, wrong: 0 });
    expect([calls, sockets.size]).toEqual([48, 4]);
    // Not in whole milliseconds: what is looked for is smaller.
    expect([Number.isInteger(seen.p50Ms), Number.isInteger(seen.p99Ms)]).toEqual([false, false]);
  });

  it('posts JSON', async () => {
    const bodies = new Set<string>();
    const url = await serve(async (request, response) => {
      bodies.add(`${request.method} ${request.url} ${request.headers['content-type']} ${await text(request)}`);
      response.end('{}');
    });
    await steadyLoad({ url: `${url}/steady`, json: '{"a":1}' }, QUICK);
    expect([...bodies]).toEqual(['POST /steady application/json {"a":1}']);
  });

  it('counts answers other than 2xx, and none at all, as wrong', async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      if (calls <= QUICK.warmUpCalls) response.end('{}');
      else if (calls % 4 === 0) response.writeHead(502).end();
      else if (calls % 4 === 1) response.destroy();
      else response.end('{}');
    });
    expect(await steadyLoad({ url, json: null }, QUICK)).toMatchObject({ calls: 40, wrong: 20 });
  });
});

describe("what is added to the client's p99", () => {
  const load = (p99Ms: number, wrong = 0) => ({ calls: 1500, wrong, p50Ms: 0.3, p99Ms });
  const pairs = [1.25, 1.5, 9].map((p99Ms) => ({ off: load(1), shadowed: load(p99Ms) }));

  it('is the median over pairs, with the load that it was measured under', () => {
    const [added, wrong] = addedP99('shadow, GET', pairs);
    expect(added).toMatchObject({
      metric: "added to the client's p99: shadow, GET, at 500 calls/s on 32 connections",
      value: 0.5,
      unit: 'ms (p99 1.5 ms, 4500 calls)',
      against: 'p99 at off just before (1 ms, 4500 calls)',
      target: 'at most 1 ms',
      met: true,
    });
    expect(wrong).toMatchObject({ value: 0, unit: 'of 9000 calls', met: true });
  });

  it('is not met when calls failed, whatever the others took', () => {
    const failed = pairs.map(({ off }) => ({ off, shadowed: load(1, 3) }));
    expect(addedP99('shadow, GET', failed)).toMatchObject([{ met: false }, { value: 9, met: false }]);
  });
});
