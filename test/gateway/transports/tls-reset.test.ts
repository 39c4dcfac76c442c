import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { expect, it } from 'vitest';
import { AUTHORITY, dataTls } from '../../support/data-port-tls.ts';
import { useRawRig } from '../../support/raw-rig.ts';
import { settled } from '../../support/settled.ts';

const at = useRawRig();

it('a client by TLS that resets in an upload that nobody takes has left', async () => {
  const patient = { answerMs: 600_000, requestMs: 600_000, idleMs: 600_000 };
  const rig = await at.startWith({ tls: dataTls(), timeouts: patient });
  at.upstream.onConnection((connection) => void connection.socket.pause());
  const { hostname, port } = new URL(rig.data);
  const wire = connect(Number(port), hostname);
  const client = tlsConnect({ socket: wire, ca: AUTHORITY, servername: 'localhost', ALPNProtocols: ['http/1.1'] });
  client.on('error', () => undefined); // the reset is ours
  client.write('POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: 90000000\r\n\r\n');
  client.write(Buffer.alloc(64 << 20));
  await at.upstream.connection(0);
  await settled(() => wire.bytesWritten - wire.writableLength);
  wire.resetAndDestroy();
  await expect.poll(() => rig.gateway.parts.types[0]?.primaryLegs.legacy.pending).toBe(0);
});
