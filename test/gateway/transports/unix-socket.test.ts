import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { billing, type GatewayRig, startRig } from '../../support/gateway-rig.ts';
import { runToEnd } from '../../support/programs.ts';
import { answering, ok, RawSocket, type RawUpstream, startRawUpstream } from '../../support/raw-socket.ts';

let folder: string;
let path: string;
let upstream: RawUpstream;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-unix-'));
  path = join(folder, 'data.sock');
  upstream = await startRawUpstream(answering(ok()));
});
afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (mode = 0o660): Promise<GatewayRig> => {
  const type = billing(upstream.url, 'http://127.0.0.1:1', { affinity: ['address'] });
  return startRig(type, { data: { unix: path, mode } });
};
const client = () => new RawSocket(connect(path));
const GET = 'GET /billing/x HTTP/1.1\r\nHost: localhost\r\n';

it('answers on a socket that its group may use, and takes it away at its end', async () => {
  const rig = await start();
  expect(rig.data).toBe(`unix:${path}`);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  await rig.stage('ramp', 1);
  expect(await client().send(`${GET}Connection: close\r\n\r\n`).all()).toContain('200 OK');
  // Nobody on a Unix socket has an address.
  expect(upstream.connections[0]?.received).not.toContain('x-forwarded-for');
  expect(upstream.connections[0]?.received).toContain('x-forwarded-proto: http\r\n');
  await rig.close();
  expect(existsSync(path)).toBe(false);
});

it('gives the socket the permissions that the config names', async () => {
  const rig = await start(0o600);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await rig.close();
});

it('shows that an answer broke off', async () => {
  upstream.onConnection(async (connection) => {
    await connection.until('\r\n\r\n');
    connection.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf').end();
  });
  const rig = await start();
  const received = await client().send(`${GET}\r\n`).all();
  expect(received).toMatch(/\r\n\r\nhalf$/);
  const old = await client().send('GET /billing/x HTTP/1.0\r\nHost: localhost\r\n\r\n').all();
  expect(old).toContain('half');
  await rig.close();
});

it('takes the place of a gateway that was killed', async () => {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await runToEnd(process.execPath, ['-e', script]);
  expect(existsSync(path)).toBe(true);
  const rig = await start();
  expect(await client().send(`${GET}Connection: close\r\n\r\n`).all()).toContain('200 OK');
  await rig.close();
});

it('leaves alone a socket on which somebody answers, and a file that is no socket', async () => {
  const other = createServer((socket) => socket.on('error', () => undefined).end('other'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  await expect(start()).rejects.toMatchObject({
    code: 'BAD_CONFIG',
    message: expect.stringContaining('somebody listens'),
  });
  expect(await client().all()).toBe('other');
  await new Promise((resolve) => other.close(resolve));

  writeFileSync(path, 'precious');
  await expect(start()).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('no socket') });
  rmSync(path);
  symlinkSync(join(folder, 'elsewhere'), path);
  await expect(start()).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('no socket') });
});
