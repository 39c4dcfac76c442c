import { describe, expect, it } from 'vitest';
import { adapter } from '../../adapters/simple_orchestrator/adapter.ts';
import type { Adapter } from '../../src/contract/adapter.ts';
import { answer, type HostRequest, typeOf } from '../../src/host/answer.ts';
import { serve } from '../../src/host/served.ts';
import { OrchestratorV2 } from '../../src/kernel/index.ts';

const first = serve(adapter, new OrchestratorV2());
/** A type with the same routes: only its name and its RPC differ. */
const second = serve(renamed(adapter, 'second'), new OrchestratorV2());
const types = [first, second];

function renamed(original: Adapter, type: string): Adapter {
  const operations = original.wire.operations.map((operation) => {
    return { ...operation, path: operation.path.replace(`/${original.type}/`, `/${type}/`) };
  });
  return { ...original, type, wire: { ...original.wire, operations } };
}

function request(method: string, path: string, more: Partial<HostRequest> = {}): HostRequest {
  return { method, path, query: new URLSearchParams(), typeHeader: undefined, body: new Uint8Array(), ...more };
}

describe('the type of a request', () => {
  it('is the one that its header names', () => {
    expect(typeOf(types, request('GET', '/api/agents/status', { typeHeader: 'second' }))).toBe(second);
    expect(typeOf(types, request('GET', '/nowhere', { typeHeader: 'second' }))).toBe(second);
  });

  it('is else the one of its RPC prefix, whatever the method is called', () => {
    expect(typeOf(types, request('POST', '/second/nope'))).toBe(second);
    expect(typeOf(types, request('POST', '/second/nope', { typeHeader: 'third' }))).toBe(second);
  });

  it('is else the first whose wire knows the path', () => {
    expect(typeOf(types, request('GET', '/api/agents/status'))).toBe(first);
  });

  it('is none of them where nobody knows the path', async () => {
    expect(typeOf(types, request('GET', '/nowhere'))).toBeNull();
    expect(await answer(null, request('GET', '/nowhere'), () => expect.unreachable())).toMatchObject({ status: 404 });
  });
});

describe('a defect of an operation', () => {
  const defect = new TypeError('x is not a function');
  const broken = serve(
    {
      ...adapter,
      open: () => ({ spawn_agent: fail, delegate_task: fail, shutdown_agent: fail, get_system_status: fail }),
      routes: () => ({ spawn_agent_by_role: fail, agents_status: fail, deactivate_agents: fail }),
    },
    first.kernel,
  );

  async function fail(): Promise<never> {
    throw defect;
  }

  it.each([
    [
      'POST',
      '/simple_orchestrator/get_system_status',
      { error: { type: 'Exception', message: defect.message, details: {} } },
    ],
    ['GET', '/api/agents/status', { detail: 'Internal Server Error' }],
  ])('is told apart from a refusal, in the style of the route, and heard of: %s %s', async (method, path, body) => {
    const heard: unknown[] = [];
    expect(await answer(broken, request(method, path), (error) => heard.push(error))).toEqual({ status: 500, body });
    expect(heard).toEqual([defect]);
  });
});

describe('an adapter that lacks what its wire promises', () => {
  it('is not served', () => {
    const { get_system_status: _left, ...methods } = adapter.methods;
    expect(() => serve({ ...adapter, methods }, first.kernel)).toThrow('no operation answers get_system_status');
    expect(() => serve({ ...adapter, open: () => ({}) }, first.kernel)).toThrow('has no method spawn_agent');
  });
});
