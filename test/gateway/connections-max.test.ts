import { expect, it } from 'vitest';
import { useRawRig } from '../support/raw-rig.ts';
import { answering, ok, rawConnect, rawSend } from '../support/raw-socket.ts';

const at = useRawRig();

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\n\r\n';

it('a connection beyond clientConnectionsMax is closed as it comes, and counted; its place is free again later', async () => {
  const narrow = await at.startWith({ limits: { clientConnectionsMax: 1 } });
  const dropped = () => narrow.gateway.parts.counters.snapshot().connections_dropped;
  at.upstream.onConnection(answering(ok()));
  const first = (await rawConnect(narrow.data)).send(GET);
  await first.until(/ok$/);

  const second = await rawConnect(narrow.data);
  expect(await second.all()).toBe('');
  expect(dropped()).toBe(1);
  first.send(GET);
  await first.until(/ok.*ok$/s);

  first.destroy();
  const last = GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  await expect.poll(() => rawSend(narrow.data, last)).toMatch(/^HTTP\/1\.1 200 .*ok$/s);
});
