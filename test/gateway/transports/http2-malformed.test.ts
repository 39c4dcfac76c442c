import { constants } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataTls } from '../../support/data-port-tls.ts';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { FLAG, FRAME, type FrameClient, frame, frameConnect, getHead, hpack } from '../../support/http2-client.ts';
import { answering, ok, type RawUpstream, startRawUpstream } from '../../support/raw-socket.ts';

let upstream: RawUpstream;
let rig: GatewayRig;
let client: FrameClient;

beforeAll(async () => {
  upstream = await startRawUpstream(answering(ok()));
  rig = await startRig(billing(upstream.url, 'http://127.0.0.1:1'), { tls: dataTls() });
});
afterAll(async () => {
  await rig.close();
  await upstream.close();
});
beforeEach(async () => {
  client = await frameConnect(rig.data);
});
afterEach(() => {
  client.socket.destroy();
});

/** The connection still answers. */
async function goesOn(stream: number): Promise<void> {
  client.ask(stream, getHead('/billing/fine'));
  await client.until((frame) => frame.stream === stream && frame.type === FRAME.headers);
}

const POST = [':method', 'POST', ':scheme', 'https', ':authority', 'localhost', ':path', '/billing/x'];

describe('a head that HTTP/2 does not allow', () => {
  it.each([
    ['Connection', getHead('/billing/x', 'connection', 'close')],
    ['Transfer-Encoding', getHead('/billing/x', 'transfer-encoding', 'chunked')],
    ['Upgrade', getHead('/billing/x', 'upgrade', 'websocket')],
    ['Keep-Alive', getHead('/billing/x', 'keep-alive', '5')],
    ['a TE other than trailers', getHead('/billing/x', 'te', 'gzip')],
    ['a name in upper case', getHead('/billing/x', 'X-A', '1')],
    ['a pseudo-header that nobody knows', getHead('/billing/x').concat(':x', '1')],
    ['a pseudo-header after the others', [...getHead('/billing/x').slice(2), 'x-a', '1', ':method', 'GET']],
    ['two paths', [...getHead('/billing/x'), ':path', '/billing/y']],
    ['no path', getHead('/billing/x').slice(0, 6)],
    [
      'an :authority with user info',
      [':method', 'GET', ':scheme', 'https', ':path', '/billing/x', ':authority', 'a@b'],
    ],
    ['an extended CONNECT', [':method', 'CONNECT', ':protocol', 'websocket', ...getHead('/billing/x').slice(2)]],
    ['a length before no body', getHead('/billing/x', 'content-length', '5')],
    ['two lengths', getHead('/billing/x', 'content-length', '0', 'content-length', '0')],
  ])('%s resets its stream, and reaches nobody', async (_, headers) => {
    const seen = upstream.connections.length;
    client.ask(1, headers);
    expect(await client.resetOf(1)).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    expect(upstream.connections.length).toBe(seen);
    await goesOn(3);
  });

  it('a value with a line break does not become a header of its own', async () => {
    client.ask(1, getHead('/billing/x', 'x-a', '1\r\nx-injected: 1', 'x-b', '2'));
    await client.until(({ stream, type }) => stream === 1 && (type === FRAME.rstStream || type === FRAME.headers));
    for (const { received } of upstream.connections) expect(received).not.toContain('injected');
  });
});

describe('a body that is not as long as its head says', () => {
  const send = (body: string) => {
    client.ask(1, [...POST, 'content-length', '5'], { more: true });
    client.send(FRAME.data, FLAG.endStream, 1, Buffer.from(body));
  };
  const nobodyHasIt = () => {
    for (const { received } of upstream.connections) expect(received).not.toContain('hell');
  };

  it('shorter: its stream is reset, and the upstream never has it', async () => {
    send('hell');
    expect(await client.resetOf(1)).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    await goesOn(3);
    nobodyHasIt();
  });

  it('longer: its stream is reset or its connection ends, and the upstream never has it', async () => {
    send('hello!');
    // Node 22 resets the stream, later ones end the connection.
    await Promise.race([client.resetOf(1), client.goaway().then(() => client.closed)]);
    nobodyHasIt();
  });
});

/** Node 22 ends the connection without a word. */
const tellsOfBadFrames = !process.version.startsWith('v22.');

describe('a connection that does not speak HTTP/2 as it said', () => {
  it('is ended when its frames make no sense', async () => {
    const before = rig.gateway.parts.counters.snapshot().malformed_requests;
    client.send(FRAME.data, 0, 1, Buffer.from('data of no stream'));
    expect(await client.goaway()).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    await client.closed;
    if (tellsOfBadFrames) expect(rig.gateway.parts.counters.snapshot().malformed_requests).toBe(before + 1);
  });

  it('is ended when its heads cannot be unpacked', async () => {
    client.send(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    expect(await client.goaway()).toBe(constants.NGHTTP2_COMPRESSION_ERROR);
    await client.closed;
  });

  it('is ended by a head that never ends', async () => {
    client.send(FRAME.headers, FLAG.endStream, 1, hpack(getHead('/billing/x')));
    for (let n = 0; n < 100; n += 1) client.send(FRAME.continuation, 0, 1, hpack([`x-${n}`, 'v'.repeat(4000)]));
    await client.closed;
    await expect(client.until(({ type }) => type === FRAME.headers)).rejects.toThrow('closed');
  });

  it.each([
    ['pings', FRAME.ping, 8],
    ['settings', FRAME.settings, 0],
  ])('is ended by a flood of %s whose answers it does not read', async (_, type, bytes) => {
    client.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 500 }, () => frame(type, 0, 0, Buffer.alloc(bytes))));
    await new Promise<void>((resolve) => {
      const more = (error?: Error | null) => {
        if (error) resolve();
        else client.socket.write(flood, more);
      };
      more();
    });
  });
});
