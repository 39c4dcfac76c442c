import { afterEach, beforeEach, expect, it } from 'vitest';
import { rawSend } from '../support/raw-socket.ts';
import { startWholeLoad } from '../support/whole-load.ts';
import { type ClusterRig, startCluster } from './rig.ts';

let rig: ClusterRig;
beforeEach(async () => {
  rig = await startCluster('timeouts: { drainNoticeMs: 5000, drainMs: 60000 }');
});
afterEach(() => rig.stop());

it('49: workers whose supervisor gets SIGTERM: 503 at /readyz first, no call fails, each answer is its last, and 0', async () => {
  rig.legacy.answer(({ body }, response) => response.end(body));
  const load = startWholeLoad(rig.data, 16);
  await load.more(100);
  rig.gateway.signal('SIGTERM');
  await expect.poll(async () => (await fetch(`${rig.gateway.ready[2]}/readyz`)).status, { interval: 5 }).toBe(503);
  // Not a connection is refused yet: whoever balances the load is only now learning of it.
  const answer = await rawSend(rig.data, 'GET /billing/new HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 .*^Connection: close\r\n/ims);
  await load.more(50);
  await load.stop();
  expect([load.failed, load.truncated]).toEqual([[], []]);
  expect(await rig.gateway.ended).toBe(0);
  expect(rig.gateway.stderr()).not.toContain('were cut');
});
