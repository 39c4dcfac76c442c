import { afterEach, beforeEach, expect, it } from 'vitest';
import { rawConnect } from '../support/raw-socket.ts';
import { type ClusterRig, startCluster } from './rig.ts';

let rig: ClusterRig;
beforeEach(async () => {
  rig = await startCluster('limits: { clientConnectionsMax: 1 }');
});
afterEach(() => rig.stop());

it('clientConnectionsMax is of all workers together: one more is closed as it comes, and counted', async () => {
  const first = (await rawConnect(rig.data)).send('GET /billing/x HTTP/1.1\r\nHost: a\r\n\r\n');
  await first.until('legacy');
  const second = await rawConnect(rig.data);
  expect(await second.all()).toBe('');
  expect((await rig.status()).counters.connections_dropped).toBe(1);
  first.destroy();
});
