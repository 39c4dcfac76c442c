import { once } from 'node:events';
import { createConnection } from 'node:net';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type Host, type HostOptions, startHost } from '../../src/host/host.ts';

const TYPE = 'simple_orchestrator';
const open: Host[] = [];

async function start(options: Partial<HostOptions> = {}): Promise<string> {
  const host = await startHost({ types: [TYPE], stateDir: null, port: 0, drainMs: 0, ...options });
  open.push(host);
  return host.url;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
});

async function call(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as unknown };
}

const post = (url: string, body: unknown) => call(url, { method: 'POST', body: JSON.stringify(body) });

describe('the v2 host', () => {
  it('refuses a type that it has no adapter for', async () => {
    await expect(startHost({ types: ['chess'], stateDir: null, port: 0 })).rejects.toMatchObject({
      code: 'UNKNOWN_TYPE',
      message: expect.stringContaining(TYPE),
    });
  });

  it('says that it lives, that it is ready, and how its kernels are', async () => {
    const url = await start();
    expect(await call(`${url}/livez`)).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await call(`${url}/readyz`)).toEqual({ status: 200, body: { ready: true, reasons: [] } });
    await post(`${url}/${TYPE}/spawn_agent`, { role: 'qa_engineer' });
    expect(await call(`${url}/health`)).toMatchObject({
      status: 200,
      body: { status: 'healthy', types: { [TYPE]: { state: 'healthy', agents: { counted: 1, max: 50 } } } },
    });
  });

  it('finds the type by its header where the path is nobody’s', async () => {
    const url = await start();
    const path = `${url}/elsewhere`;
    expect(await call(path)).toEqual({ status: 404, body: { detail: 'Not Found' } });
    expect(await call(`${url}/api/agents/status`, { headers: { 'x-orchestrator-type': 'unknown' } })).toMatchObject({
      status: 200,
    });
    expect(await call(`${path}/${TYPE}`, { headers: { 'x-orchestrator-type': TYPE } })).toMatchObject({ status: 404 });
  });

  it('takes a body whatever its content type says', async () => {
    const url = await start();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
      const init = { method: 'POST', body: '{"role":"qa_engineer"}', headers: { 'content-type': type } };
      expect((await call(`${url}/${TYPE}/spawn_agent`, init)).status, type).toBe(200);
    }
  });

  it('keeps no agent when it has no state folder', async () => {
    const first = await start();
    await post(`${first}/${TYPE}/spawn_agent`, { role: 'qa_engineer' });
    expect((await call(`${await start()}/api/agents/status`)).body).toMatchObject({ agent_count: 0 });
  });

  it('finishes the call in flight when it is closed, and takes no other', async () => {
    // A drain that ran out would run into the time limit of this test.
    const drainMs = 600_000;
    let wake = () => {};
    let fallAsleep = () => {};
    const asleep = new Promise<void>((resolve) => {
      fallAsleep = resolve;
    });
    const sleep = () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        fallAsleep();
      });
    const surroundings = { nowMs: Date.now, sleep };
    const host = await startHost({ types: [TYPE], stateDir: null, port: 0, drainMs, surroundings });
    await post(`${host.url}/${TYPE}/spawn_agent`, { role: 'qa_engineer', agent_id: 'busy' });
    await post(`${host.url}/${TYPE}/delegate_task`, { task_description: 'd', task_type: 't' });
    const slow = post(`${host.url}/${TYPE}/shutdown_agent`, { agent_id: 'busy' });
    await asleep;

    const closed = host.close();
    await expect(fetch(`${host.url}/livez`)).rejects.toThrow();
    wake();
    expect(await slow).toEqual({ status: 200, body: { result: true } });
    await closed;
  });
});

describe('the fault switch of the v2 host', () => {
  const spawn = (url: string) =>
    fetch(`${url}/${TYPE}/spawn_agent`, { method: 'POST', body: '{"role":"qa_engineer"}' });
  const set = (url: string, body: unknown) => post(`${url}/-/fault`, body);

  it('is not there unless it was asked for', async () => {
    expect(await set(await start(), { mode: 'error' })).toEqual({ status: 404, body: { detail: 'Not Found' } });
  });

  it('says what it does not understand', async () => {
    const url = await start({ faults: true });
    expect(await set(url, { mode: 'sulk' })).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('mode') },
    });
    expect((await set(url, 'none')).status).toBe(422);
    expect((await spawn(url)).status).toBe(200);
  });

  it('answers errors for the types named, until it is switched off', async () => {
    const url = await start({ faults: true });
    expect(await set(url, { mode: 'error', types: ['another'] })).toEqual({
      status: 200,
      body: { mode: 'error', types: ['another'] },
    });
    expect((await spawn(url)).status).toBe(200);
    await set(url, { mode: 'error', types: [TYPE] });
    expect((await spawn(url)).status).toBe(500);
    await set(url, { mode: 'none' });
    expect((await spawn(url)).status).toBe(200);
  });

  /** Starts a call that a fault answers; resolves once the host has taken it. */
  const callHanging = async (options: Partial<HostOptions>) => {
    const log = new PassThrough({ encoding: 'utf8' });
    const url = await start({ faults: true, logger: pino({ level: 'warn' }, log), ...options });
    await set(url, { mode: 'hang' });
    const caller = new AbortController();
    const ended = fetch(`${url}/api/agents/status`, { signal: caller.signal }).catch((error: Error) => error.name);
    const [line] = (await once(log, 'data')) as [string];
    expect(JSON.parse(line)).toMatchObject({ fault: 'hang', type: TYPE });
    return { url, caller, ended };
  };

  it('lets a call hang until the caller gives up', async () => {
    const { url, caller, ended } = await callHanging({});
    await set(url, { mode: 'none' });
    expect((await spawn(url)).status).toBe(200);
    caller.abort();
    expect(await ended).toBe('AbortError');
  });

  it('lets nothing that hangs hold up a host that closes', async () => {
    const { ended } = await callHanging({ drainMs: 600_000 });
    await open.pop()?.close();
    expect(await ended).toBe('TypeError');
  });

  it('resets the connection', async () => {
    const url = await start({ faults: true });
    await set(url, { mode: 'reset' });
    expect(await rawExchange(url)).toEqual({ text: '', error: 'ECONNRESET' });
  });

  it('answers what is no HTTP', async () => {
    const url = await start({ faults: true });
    await set(url, { mode: 'garbage' });
    expect((await rawExchange(url)).text).toContain('content-length: many');
    await expect(spawn(url)).rejects.toThrow();
  });

  it('answers more than anybody can keep', async () => {
    const url = await start({ faults: true });
    await set(url, { mode: 'huge' });
    const caller = new AbortController();
    const response = await fetch(`${url}/api/agents/status`, { signal: caller.signal });
    expect(response.status).toBe(200);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > 8 * 1024 * 1024) break;
    }
    caller.abort();
    expect(bytes).toBeGreaterThan(8 * 1024 * 1024);
  });
});

/** What comes back on the bare connection, and how that ended. */
function rawExchange(url: string): Promise<{ readonly text: string; readonly error: string | null }> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text, error: error.code ?? null }));
    socket.on('end', () => resolve({ text, error: null }));
    socket.write('GET /api/agents/status HTTP/1.1\r\nhost: v2\r\n\r\n');
  });
}
