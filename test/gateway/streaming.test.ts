import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../support/gateway-rig.ts';
import { settled } from '../support/settled.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

let legacy: Upstream;
let v2: Upstream;
let rig: GatewayRig;
beforeAll(async () => {
  legacy = await startUpstream((_, response) => void response.end('ok'));
  v2 = await startUpstream((_, response) => void response.end('ok'));
  rig = await startRig(billing(legacy.url, v2.url));
});
afterAll(async () => {
  await rig.close();
  await Promise.all([legacy.close(), v2.close()]);
});

describe.each(['off', 'shadow'] as const)('at %s', (stage) => {
  beforeAll(() => rig.stage(stage));

  it('the head arrives before the first byte of the body', async () => {
    const { promise: seen, resolve: headSeen } = Promise.withResolvers<void>();
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      seen.then(() => response.end('data: 1\n\n'));
    });
    const response = await fetch(`${rig.data}/billing/events`);
    headSeen();
    expect(await response.text()).toBe('data: 1\n\n');
  });

  it('the upload reaches the primary while the client still sends', async () => {
    const { promise: firstBytes, resolve } = Promise.withResolvers<string>();
    legacy.server.once('request', (incoming) => incoming.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    legacy.answer(({ body }, response) => void response.end(`${body.length}`));
    const upload = httpRequest(`${rig.data}/billing/upload`, {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
    });
    const answered = new Promise<string>((done) => {
      upload.on('response', (response) => response.on('data', (chunk: Buffer) => done(chunk.toString())));
    });
    upload.write('first');
    expect(await firstBytes).toBe('first');
    upload.end(' second');
    expect(await answered).toBe('12');
  });

  it('a client that leaves is felt upstream', async () => {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    legacy.answer((_, response) => {
      response.on('close', resolve);
      response.write('begun');
    });
    const leave = new AbortController();
    const response = await fetch(`${rig.data}/billing/long`, { signal: leave.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    leave.abort();
    await cut;
  });

  it('an answer that breaks off is seen to break off', async () => {
    legacy.answer((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const response = await fetch(`${rig.data}/billing/half`);
    await expect(response.text()).rejects.toThrow();
  });

  it('a slow reader holds the upstream back', async () => {
    const CHUNK = Buffer.alloc(1 << 20);
    const CHUNKS = 64;
    let written = 0;
    legacy.answer((_, response) => {
      const write = () => {
        while (written < CHUNKS) {
          written += 1;
          if (response.write(CHUNK)) continue;
          response.once('drain', write);
          return;
        }
        response.end();
      };
      write();
    });
    const download = httpRequest(`${rig.data}/billing/big`);
    download.end();
    const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      download.on('response', resolve),
    );
    response.pause();
    expect(await settled(() => written)).toBeLessThan(CHUNKS / 2);
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).byteLength;
    expect(bytes).toBe(CHUNKS * CHUNK.byteLength);
  });
});
