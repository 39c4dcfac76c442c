import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeCodeIn, dial, frame, handshake, type Peer, switching } from '../gateway/websocket/peers.ts';
import { type ClusterRig, startCluster } from './rig.ts';

const COUNT = 100;
const DRAIN_MS = 2000;
const TIMEOUTS = `timeouts: { drainNoticeMs: 0, drainMs: ${DRAIN_MS} }`;

let rig: ClusterRig;
beforeEach(async () => {
  rig = await startCluster(TIMEOUTS);
  rig.legacy.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.write(switching());
    socket.pipe(socket);
  });
});
afterEach(() => rig.stop());

async function open(): Promise<Peer> {
  const client = await dial(rig.data, handshake('/billing/feed'));
  await client.until('\r\n\r\n');
  return client;
}

it(`38: ${COUNT} WebSockets live through a reload, and a rolling restart until drainMs, then hear 1001`, async () => {
  const clients = await Promise.all(Array.from({ length: COUNT }, open));
  const says = async (word: string) => {
    for (const client of clients) client.say(frame(1, word));
    await Promise.all(clients.map((client) => client.until(word)));
  };
  rig.save(`limits: { upstreamQueueMax: 7 }\n${TIMEOUTS}`);
  await rig.until(({ config }) => config.revision === 2);
  await says('reloaded');

  const begunMs = performance.now();
  const ends = clients.map(async (client) => {
    const heard = await client.end();
    return { code: closeCodeIn(heard), afterMs: performance.now() - begunMs };
  });
  const restarting = rig.admin.post('/v1/restart', {});
  const ended = await Promise.all(ends);
  expect(new Set(ended.map(({ code }) => code))).toEqual(new Set([1001]));
  // Late is a matter of the machine, early is not: a worker is told to leave after the restart was asked for.
  expect(Math.min(...ended.map(({ afterMs }) => afterMs))).toBeGreaterThan(DRAIN_MS - 50);
  for (const { socket } of clients) socket.destroy();
  expect(await restarting).toMatchObject({ replaced: 2 });
});
