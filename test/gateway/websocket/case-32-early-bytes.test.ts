import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { settled } from '../../support/settled.ts';
import { dial, echo, handshake, switching } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

const at = useWebSocketRig(echo);

it('32: what is said comes back, byte for byte and in order', async () => {
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  await client.until('\r\n\r\n');
  const all = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 31) % 256)).toString('latin1');
  client.say(all);
  client.say('the end');
  const heard = await client.until('the end');
  expect(heard.slice(heard.indexOf('\r\n\r\n') + 4) === `${all}the end`).toBe(true);
  client.socket.destroy();
});

it("32: bytes in the packet of the client's handshake reach the upstream, after its 101", async () => {
  const client = await dial(at.rig.data, `${handshake('/billing/feed')}early`);
  expect(await client.until('early')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nearly$/s);
  client.socket.destroy();
});

it('32: bytes that the client sends while the upstream still thinks reach it too', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<() => void>();
  at.legacy.on((peer) => resolve(() => echo(peer)));
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  const agree = await asked;
  client.say('impatient');
  agree();
  expect(await client.until('impatient')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\nimpatient$/s);
  client.socket.destroy();
});

it("32: bytes in the packet of the upstream's 101 reach the client, after it", async () => {
  at.legacy.on((peer) => peer.say(`${switching('Set-Cookie: a=1\r\nX-Own: yes\r\n')}hello`));
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  const heard = await client.until('hello');
  expect(heard).toMatch(/\r\n\r\nhello$/);
  expect(heard).toContain('Set-Cookie: a=1\r\nX-Own: yes\r\n');
  client.socket.destroy();
});

it('32: a slow reader holds the sender back, and loses nothing', async () => {
  const CHUNK = Buffer.alloc(1 << 20, 'x');
  const CHUNKS = 48;
  let written = 0;
  at.legacy.on((peer) => {
    peer.say(switching());
    const write = () => {
      while (written < CHUNKS) {
        written += 1;
        if (peer.socket.write(CHUNK)) continue;
        peer.socket.once('drain', write);
        return;
      }
      peer.socket.end();
    };
    write();
  });
  const { hostname, port } = new URL(at.rig.data);
  const client = connect(Number(port), hostname, () => client.write(handshake('/billing/feed')));
  let bytes = 0;
  client.once('data', () => client.pause());
  client.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
  });
  await expect.poll(() => written).toBeGreaterThan(0);
  expect(await settled(() => written)).toBeLessThan(CHUNKS / 2);
  client.resume();
  await once(client, 'end');
  expect(bytes).toBeGreaterThan(CHUNKS * CHUNK.byteLength);
});
