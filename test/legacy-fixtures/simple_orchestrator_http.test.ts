import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLegacyServer } from '../../legacy-fixtures/simple_orchestrator/http.ts';
import { SimpleOrchestrator } from '../../legacy-fixtures/simple_orchestrator/orchestrator.ts';
import { startLegacyFixture } from './program.ts';

describe('the legacy service over HTTP', () => {
  let ids = 0;
  const orchestrator = new SimpleOrchestrator(
    { nowMicros: () => 1_755_598_272_000_000, newId: () => `id-${++ids}`, sleep: async () => {} },
    3,
  );
  const server = createLegacyServer(orchestrator);
  let url = '';

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const call = async (method: string, path: string, body?: unknown) => {
    const raw = body === undefined || body instanceof Uint8Array ? (body ?? null) : JSON.stringify(body);
    const response = await fetch(url + path, { method, body: raw as string | Uint8Array<ArrayBuffer> | null });
    return { status: response.status, body: (await response.json()) as unknown, headers: response.headers };
  };
  const rpc = (operation: string, body?: unknown) => call('POST', `/simple_orchestrator/${operation}`, body);
  const refusal = (type: string, message: string) => ({ error: { type, message, details: {} } });

  it('answers a result as bare JSON', async () => {
    const answer = await rpc('shutdown_agent', { agent_id: 'nobody' });
    expect(answer).toMatchObject({ status: 200, body: { result: false } });
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it('spawns by path whatever the case of the role, and tells every failure as a 500', async () => {
    expect(await call('POST', '/api/agents/spawn/QA_Engineer')).toMatchObject({
      status: 200,
      body: { success: true, agent_id: 'id-1', role: 'qa_engineer', message: 'Spawned qa_engineer agent' },
    });
    expect(await call('POST', '/api/agents/spawn/chef')).toMatchObject({
      status: 400,
      body: {
        detail:
          "Invalid role: chef. Valid roles: ['backend_developer', 'frontend_developer', 'devops_engineer', 'qa_engineer']",
      },
    });
    expect((await call('GET', '/api/agents/status')).body).toMatchObject({ active: true, system_ready: false });
    await rpc('spawn_agent', { role: 'qa_engineer', agent_id: 'two' });
    await rpc('spawn_agent', { role: 'qa_engineer', agent_id: 'three' });
    expect(await call('POST', '/api/agents/spawn/QA_engineer')).toMatchObject({
      status: 500,
      body: { detail: 'Failed to spawn QA_engineer agent: Failed to spawn agent: Maximum concurrent agents reached' },
    });
    expect(await call('DELETE', '/api/agents/deactivate')).toMatchObject({
      status: 200,
      body: { success: true, agents_shutdown: 3, message: 'Agent system deactivated: 3 agents shut down' },
    });
    expect((await call('GET', '/api/agents/status')).body).toMatchObject({
      active: false,
      agent_count: 0,
      agents: {},
      system_ready: false,
      orchestrator_type: 'SimpleOrchestrator',
      orchestrator_health: 'no_agents',
    });
  });

  it('tells its own refusals as 409 with the name of the exception', async () => {
    expect(await rpc('delegate_task', { task_description: 'd', task_type: 't' })).toMatchObject({
      status: 409,
      body: refusal('TaskDelegationError', 'Failed to delegate task: No suitable agent available'),
    });
  });

  it.each([
    ['spawn_agent', {}, 'TypeError', "SimpleOrchestrator.spawn_agent() missing 1 required positional argument: 'role'"],
    [
      'delegate_task',
      undefined,
      'TypeError',
      "SimpleOrchestrator.delegate_task() missing 2 required positional arguments: 'task_description' and 'task_type'",
    ],
    [
      'spawn_agent',
      JSON.parse('{"role":"qa_engineer","__proto__":1}'),
      'TypeError',
      "SimpleOrchestrator.spawn_agent() got an unexpected keyword argument '__proto__'",
    ],
    [
      'get_system_status',
      [1],
      'TypeError',
      'SimpleOrchestrator.get_system_status() argument after ** must be a mapping, not list',
    ],
    ['spawn_agent', { role: 'chef' }, 'ValueError', "'chef' is not a valid AgentRole"],
    [
      'delegate_task',
      { task_description: 'd', task_type: 't', priority: null },
      'ValueError',
      'None is not a valid TaskPriority',
    ],
    ['shutdown_agent', { agent_id: 5 }, 'TypeError', "argument 'agent_id' must be str, not int"],
    ['shutdown_agent', { agent_id: 'a', graceful: 'yes' }, 'TypeError', "argument 'graceful' must be bool, not str"],
    ['spawn_agent', new TextEncoder().encode('{"role":'), 'ValueError', 'Request body is not valid JSON'],
    ['spawn_agent', Uint8Array.of(0x22, 0xff, 0x22), 'ValueError', 'Request body is not valid JSON'],
  ])('refuses %s with %j as Python would', async (operation, body, type, message) => {
    expect(await rpc(operation, body)).toMatchObject({ status: 422, body: refusal(type, message) });
  });

  it('knows no other operation, route or method', async () => {
    expect(await rpc('toString', {})).toMatchObject({
      status: 404,
      body: refusal('AttributeError', "'SimpleOrchestrator' object has no attribute 'toString'"),
    });
    expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: { detail: 'Not Found' } });
    const wrongMethod = await call('GET', '/api/agents/deactivate');
    expect(wrongMethod).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } });
    expect(wrongMethod.headers.get('allow')).toBe('DELETE');
  });

  it('takes a body of one MiB and refuses one more byte', async () => {
    const limit = 1024 * 1024;
    expect((await rpc('spawn_agent', new Uint8Array(limit).fill(0x20))).status).toBe(422);
    expect(await rpc('spawn_agent', new Uint8Array(limit + 1).fill(0x20))).toMatchObject({
      status: 413,
      body: { detail: 'Request Entity Too Large' },
    });
  });
});

describe('the legacy service as a program', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves the places it was given until %s, which ends it cleanly',
    async (signal) => {
      const legacy = await startLegacyFixture('simple_orchestrator', ['--agents-max', '1']);
      const spawn = () => fetch(`${legacy.url}/api/agents/spawn/qa_engineer`, { method: 'POST' });
      expect((await spawn()).status).toBe(200);
      expect((await spawn()).status).toBe(500);

      // A graceful shutdown that still waits must not hold the process up.
      const body = JSON.stringify({ task_description: 'd', task_type: 't' });
      await fetch(`${legacy.url}/simple_orchestrator/delegate_task`, { method: 'POST', body });
      const [id] = Object.keys(((await (await fetch(`${legacy.url}/api/agents/status`)).json()) as Status).agents);
      const cut = fetch(`${legacy.url}/simple_orchestrator/shutdown_agent`, {
        method: 'POST',
        body: JSON.stringify({ agent_id: id }),
      }).catch(() => null);
      expect(await legacy.stop(signal)).toEqual({ code: 0, signal: null });
      await cut;
    },
  );
});

type Status = { readonly agents: Readonly<Record<string, unknown>> };
