import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { banyan, childrenOf, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let folder: string;
let legacy: Upstream;
let gateway: Program;
/** Answers the calls to /billing/slow. */
let release: () => void;
let slowSeen: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-drain-'));
  let noteSlow = () => {};
  slowSeen = new Promise((resolve) => {
    noteSlow = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  legacy = await startUpstream(({ url }, response) => {
    if (url !== '/billing/slow') return void setTimeout(() => json(response, { url }), 5);
    noteSlow();
    void released.then(() => json(response, { url, whole: 'x'.repeat(100_000) }));
  });
});
afterEach(async () => {
  release();
  await gateway.kill('SIGKILL');
  await legacy.close();
  rmSync(folder, { recursive: true, force: true });
});

async function up(timeouts: string): Promise<void> {
  writeFileSync(
    join(folder, 'banyan.yaml'),
    `data: 127.0.0.1:0
admin: 127.0.0.1:0
timeouts: ${timeouts}
types:
  billing: { match: { prefix: /billing }, legacy: "${legacy.url}", v2: "http://127.0.0.1:1" }
`,
  );
  gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', join(folder, 'banyan.yaml'), '--log-level', 'warn'],
    /^banyan ready data=(\S+) admin=(\S+)$/,
  );
}

const data = () => gateway.ready[1] ?? '';
const readyz = async () => (await fetch(`${gateway.ready[2]}/readyz`)).status;

const draining = () => expect.poll(readyz).toBe(503);

type Answer = { readonly status: number | undefined; readonly connection: string | undefined; readonly body: string };

function call(path: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(`${data()}${path}`, { agent }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, headers, complete } = response;
        if (!complete) reject(new Error('the answer is not whole'));
        resolve({ status, connection: headers.connection, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', reject);
  });
}

/** A connection that has had an answer and asks nothing more. */
async function idleConnection(): Promise<Socket> {
  const { hostname, port } = new URL(data());
  const socket = connect(Number(port), hostname);
  socket.write('GET /billing/x HTTP/1.1\r\nhost: test\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

describe('49: a gateway that gets SIGTERM', () => {
  it('says 503 at /readyz, ends idle connections, then the others with their answer, and ends with 0', async () => {
    await up('{ drainNoticeMs: 0, drainMs: 86400000 }');
    const idleEnded = once(await idleConnection(), 'end');
    const slow = call('/billing/slow', new Agent({ keepAlive: true }));
    await slowSeen;

    gateway.signal('SIGTERM');
    await draining();
    await idleEnded;
    release();
    const { status, connection, body } = await slow;
    expect([status, connection, body.length > 100_000]).toEqual([200, 'close', true]);
    expect(await gateway.ended).toBe(0);
    expect(gateway.stderr()).not.toContain('were cut');
    await expect(call('/billing/new', new Agent())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('cuts what has not ended after drainMs, says so, and still ends with 0', async () => {
    await up('{ drainNoticeMs: 0, drainMs: 100 }');
    const cut = expect(call('/billing/slow', new Agent())).rejects.toMatchObject({ code: 'ECONNRESET' });
    await slowSeen;
    gateway.signal('SIGTERM');
    await cut;
    expect(await gateway.ended).toBe(0);
    expect(gateway.stderr()).toContain('1,"msg":"connections were cut');
  });

  it('ends at once at a second signal', async () => {
    await up('{ drainNoticeMs: 0, drainMs: 86400000 }');
    const cut = expect(call('/billing/slow', new Agent())).rejects.toMatchObject({ code: 'ECONNRESET' });
    await slowSeen;
    gateway.signal('SIGTERM');
    await draining();
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(143);
    await cut;
    expect(await banyan(['status', '--config', join(folder, 'banyan.yaml')])).toMatchObject({ code: 3 });
  });

  it('ends its v2 host in time too', async () => {
    const file = join(folder, 'hosted.yaml');
    const types = `types: { simple_orchestrator: { legacy: "${legacy.url}" } }`;
    writeFileSync(file, `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\n${types}\n`);
    gateway = await startProgram('src/cli/main.ts', ['up', '--config', file], /^banyan ready/);
    const [hostPid = Number.NaN] = childrenOf(gateway.pid);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(gateway.stderr()).not.toContain('had to be killed');
    expect(() => process.kill(hostPid, 0)).toThrow('ESRCH');
  });

  it('does not wait for a connection on which nothing was ever asked', async () => {
    await up('{ drainNoticeMs: 0, drainMs: 86400000 }');
    const { hostname, port } = new URL(data());
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    await call('/billing/x', new Agent()); // connections are accepted in order
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    socket.destroy();
  });
});
