import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AUTHORITY } from '../support/data-port-tls.ts';
import { http2Ask, http2Connect } from '../support/http2-client.ts';
import { banyanHere, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

const CERTIFICATES = fileURLToPath(new URL('../support/certificates/', import.meta.url));
let folder: string;
let upstream: Upstream;
let gateway: Program;
const file = () => join(folder, 'banyan.yaml');
const put = (name: string, as: string) => copyFileSync(join(CERTIFICATES, `data-port-${name}.pem`), join(folder, as));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-tls-'));
  upstream = await startUpstream((_, response) => json(response, {}));
  put('server', 'cert.pem');
  put('server-key', 'key.pem');
  const type = `{ match: { prefix: /billing }, legacy: "${upstream.url}", v2: "http://127.0.0.1:1" }`;
  const text = `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntls: { cert: cert.pem, key: key.pem }\ntypes: { billing: ${type} }\n`;
  writeFileSync(file(), text);
  gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', file(), '--log-level', 'info'],
    /^banyan ready data=(https:\S+) admin=(\S+)$/,
  );
});
afterEach(async () => {
  await gateway.kill('SIGTERM');
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const data = () => gateway.ready[1] ?? '';
const run = (...args: string[]) => banyanHere([...args, '--config', file()]);

/** Of the certificate that a new connection is shown. */
async function serial(): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(data()).port), ca: AUTHORITY });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

it('answers, and shows other certificates once their files have changed, with the config as it was', async () => {
  const before = await serial();
  const client = await http2Connect(data());
  expect(await http2Ask(client, { ':path': '/billing/x' })).toMatchObject({ status: 200 });
  expect((await run('status')).stdout).toContain(`data: ${data()}`);

  put('renewed', 'cert.pem');
  put('renewed-key', 'key.pem');
  await expect.poll(serial).not.toBe(before);
  expect(await http2Ask(client, { ':path': '/billing/x' })).toMatchObject({ status: 200 });
  client.destroy();

  put('server', 'cert.pem');
  put('server-key', 'key.pem');
  expect((await run('reload')).code).toBe(0);
  expect(await serial()).toBe(before);
  expect(gateway.stderr()).not.toContain('PRIVATE KEY');
});

it('keeps the old certificates when the new ones cannot be used, and says why', async () => {
  const before = await serial();
  put('renewed-key', 'key.pem');
  const { code, stderr } = await run('reload');
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/banyan\.yaml:3:29 tls\.key: expected the private key of the certificate in "cert"/);
  expect(await serial()).toBe(before);
});
