import { copyFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { StatusView } from '../../src/gateway/admin/views.ts';
import { AUTHORITY } from '../support/data-port-tls.ts';
import { http2Ask, http2Connect } from '../support/http2-client.ts';
import { banyanHere, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

const CERTIFICATES = fileURLToPath(new URL('../support/certificates/', import.meta.url));
let folder: string;
let upstream: Upstream;
let gateway: Program | null = null;
const file = () => join(folder, 'banyan.yaml');
const put = (name: string, as: string) => copyFileSync(join(CERTIFICATES, `data-port-${name}.pem`), join(folder, as));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-transports-'));
  upstream = await startUpstream((_, response) => json(response, { by: 'legacy' }));
});
afterEach(async () => {
  await gateway?.kill('SIGTERM');
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function up(lines: string): Promise<string> {
  const type = `{ match: { prefix: /billing }, legacy: "${upstream.url}", v2: "http://127.0.0.1:1" }`;
  writeFileSync(file(), `${lines}\nadmin: 127.0.0.1:0\ntypes: { billing: ${type} }\n`);
  const args = ['up', '--workers', '2', '--config', file(), '--log-level', 'warn'];
  gateway = await startProgram('src/cli/main.ts', args, /^banyan ready data=(\S+) admin=(\S+)$/);
  return gateway.ready[1] ?? '';
}

/** Of the certificate that a new connection is shown. */
async function serial(data: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(data).port), ca: AUTHORITY });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

it('workers speak TLS and HTTP/2, and all of them show renewed certificates once a reload has returned', async () => {
  put('server', 'cert.pem');
  put('server-key', 'key.pem');
  const data = await up('data: 127.0.0.1:0\ntls: { cert: cert.pem, key: key.pem }');
  expect(data).toMatch(/^https:/);
  const client = await http2Connect(data);
  expect(await http2Ask(client, { ':path': '/billing/x' })).toMatchObject({ status: 200 });
  client.destroy();
  const before = await serial(data);
  put('renewed', 'cert.pem');
  put('renewed-key', 'key.pem');
  expect((await banyanHere(['reload', '--config', file()])).code).toBe(0);
  const shown = await Promise.all(Array.from({ length: 6 }, () => serial(data)));
  expect(new Set(shown).size).toBe(1);
  expect(shown[0]).not.toBe(before);
  // Each that ended has been told of, or the supervisor would think its workers busier than they are.
  const admin = await AdminClient.find({ config: file() });
  const held = async () => {
    const { workers } = await admin.get<StatusView>('/v1/status');
    return workers?.list.reduce((sum, { connections }) => sum + connections, 0);
  };
  while ((await held()) !== 0) await sleep(20);
  expect((await banyanHere(['restart', '--config', file()])).code).toBe(0);
  expect(await serial(data)).toBe(shown[0]);
});

it('workers serve a Unix socket, which stays where it is while they are replaced', async () => {
  const path = join(folder, 'banyan.sock');
  await up(`data: "unix:${path}"\nunixMode: "0600"`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const status = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ socketPath: path, path: '/billing/x', agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).end();
    });
  expect(await status()).toBe(200);
  expect((await banyanHere(['restart', '--config', file()])).code).toBe(0);
  expect(await Promise.all([status(), status()])).toEqual([200, 200]);
});
