import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/contract/limits.ts';
import { BUILT_IN, parsed, typeWith } from './samples.ts';

const at = (...instances: readonly string[]) => ({ instances, tls: null });

const EXAMPLE = `data: 127.0.0.1:8080
admin: 127.0.0.1:8081
state: .banyan
types:
  simple_orchestrator: { legacy: "http://127.0.0.1:9101" }
  billing:
    match: { prefix: /billing }
    legacy: "http://127.0.0.1:9001"
    v2: "http://127.0.0.1:9002"
    affinity: [header:x-tenant, address]
    operations:
      - { name: get_invoice, method: GET, path: "/billing/invoices/:id", effect: read, names: { invoice: path.id } }
      - { name: create_invoice, method: POST, path: /billing/invoices, effect: write, creates: { invoice: "body:/id" } }
`;

describe('a config file', () => {
  it('gives the addresses, the state folder beside it, and its types in its order', () => {
    const config = parsed(EXAMPLE);

    expect(config.data).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.admin).toEqual({ host: '127.0.0.1', port: 8081 });
    expect(config.state).toBe('/etc/banyan/.banyan');
    expect(config.types).toEqual([
      {
        name: 'simple_orchestrator',
        match: { by: 'type' },
        wire: BUILT_IN.simple_orchestrator,
        affinity: ['header:x-session', 'address'],
        legacy: { instances: ['http://127.0.0.1:9101'], tls: null },
        v2: null,
        mirror: 'all',
      },
      {
        name: 'billing',
        match: { by: 'prefix', prefix: '/billing' },
        wire: {
          operations: [
            {
              name: 'get_invoice',
              method: 'GET',
              path: '/billing/invoices/:id',
              effect: 'read',
              names: { invoice: 'path.id' },
            },
            {
              name: 'create_invoice',
              method: 'POST',
              path: '/billing/invoices',
              effect: 'write',
              creates: { invoice: 'body:/id' },
            },
          ],
          compare: [],
          affinity: ['header:x-tenant', 'address'],
          order: 'entity',
        },
        affinity: ['header:x-tenant', 'address'],
        legacy: { instances: ['http://127.0.0.1:9001'], tls: null },
        v2: { instances: ['http://127.0.0.1:9002'], tls: null },
        mirror: 'all',
      },
    ]);
  });

  it('needs no more than one type', () => {
    const config = parsed('types: { simple_orchestrator: { legacy: "http://127.0.0.1:9101" } }');

    expect(config.data).toEqual({ host: '127.0.0.1', port: 8080 });
    expect(config.admin).toEqual({ host: '127.0.0.1', port: 8081 });
    expect(config.state).toBe('/etc/banyan/.banyan');
    expect(config.limits).toEqual(DEFAULT_LIMITS);
    expect(config.timeouts).toEqual(DEFAULT_TIMEOUTS);
  });

  it('may be JSON, indented with tabs, with a byte order mark and a $schema', () => {
    const types = { simple_orchestrator: { legacy: 'http://127.0.0.1:9101' } };
    const json = `\ufeff${JSON.stringify({ $schema: './banyan.schema.json', types }, null, '\t')}\r\n`;

    expect(parsed(json).types.map(({ name }) => name)).toEqual(['simple_orchestrator']);
  });

  it('may use anchors and aliases', () => {
    const config = parsed(`types:
  a: { legacy: &legacy "http://127.0.0.1:9001", v2: "http://127.0.0.1:9002" }
  b: { legacy: *legacy, v2: "http://127.0.0.1:9003" }`);

    expect(config.types.map(({ legacy }) => legacy)).toEqual([
      at('http://127.0.0.1:9001'),
      at('http://127.0.0.1:9001'),
    ]);
  });

  it('overrides single limits and timeouts', () => {
    const config = parsed(`${typeWith('')}\nlimits: { mirrorQueueMax: 7 }\ntimeouts: { drainMs: 0 }`);

    expect(config.limits).toEqual({ ...DEFAULT_LIMITS, mirrorQueueMax: 7 });
    expect(config.timeouts).toEqual({ ...DEFAULT_TIMEOUTS, drainMs: 0 });
  });

  it('says where spans go, if anywhere', () => {
    const types = 'types: { simple_orchestrator: { legacy: "http://x" } }';
    const otlp = (keys: string) => parsed(`${types}\ntelemetry: { otlp: { ${keys} } }`).telemetry.otlp;
    expect(parsed(types).telemetry).toEqual({ otlp: null });
    expect(parsed(`${types}\ntelemetry: {}`).telemetry).toEqual({ otlp: null });
    expect(otlp('endpoint: "http://collector:4318"')).toEqual({
      endpoint: 'http://collector:4318/v1/traces',
      headers: {},
      serviceName: 'banyan',
      sampleRatio: 1,
    });
    expect(otlp('endpoint: "https://c/x/traces", headers: { a: b }, serviceName: s, sampleRatio: 0.5')).toEqual({
      endpoint: 'https://c/x/traces',
      headers: { a: 'b' },
      serviceName: 's',
      sampleRatio: 0.5,
    });
  });

  it('leaves an absolute state folder where it is', () => {
    expect(parsed(`state: /var/lib/banyan\n${typeWith('')}`).state).toBe('/var/lib/banyan');
  });

  it('takes a type named like a property of every object for what it is: not built in', () => {
    const text = 'types: { constructor: { legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" } }';

    expect(parsed(text).types[0]).toMatchObject({ name: 'constructor', wire: { operations: [] } });
  });
});

describe('addresses', () => {
  it.each([
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['0.0.0.0:65535', { host: '0.0.0.0', port: 65535 }],
    ['"[::1]:8090"', { host: '::1', port: 8090 }],
    ['Gateway.Internal:80', { host: 'gateway.internal', port: 80 }],
  ])('data %s', (text, listen) => {
    expect(parsed(`data: ${text}\n${typeWith('')}`).data).toEqual(listen);
  });

  it.each(['127.0.0.1:8081', '127.8.0.1:8081', 'localhost:8081', '"[::1]:8081"'])('admin may be %s', (text) => {
    expect(parsed(`admin: ${text}\n${typeWith('')}`).admin.port).toBe(8081);
  });

  it.each([
    ['http://127.0.0.1:9001/', 'http://127.0.0.1:9001'],
    ['HTTPS://Legacy.Internal:443', 'https://legacy.internal'],
    ['http://legacy/base/', 'http://legacy/base'],
    ['http://[::1]:9001', 'http://[::1]:9001'],
    ['unix:/run/app.sock', 'unix:/run/app.sock'],
    ['UNIX:/run/App.sock', 'unix:/run/App.sock'],
    ['unix:/run/app.sock:/', 'unix:/run/app.sock'],
    ['unix:/run/app.sock:/base/', 'unix:/run/app.sock:/base'],
  ])('the upstream %s is %s', (text, upstream) => {
    expect(parsed(`types: { a: { legacy: "${text}", v2: "http://v2" } }`).types[0]?.legacy).toEqual(at(upstream));
  });
});

describe('a match', () => {
  it.each([
    ['{ prefix: /billing/ }', { by: 'prefix', prefix: '/billing' }],
    ['{ prefix: / }', { by: 'prefix', prefix: '/' }],
    ['{ header: "X-Service: billing" }', { by: 'header', name: 'x-service', value: 'billing' }],
    ['{ header: { X-Service: "a: b" } }', { by: 'header', name: 'x-service', value: 'a: b' }],
    ['{ host: Billing.Internal }', { by: 'host', host: 'billing.internal' }],
    ['{ host: "[::1]" }', { by: 'host', host: '[::1]' }],
  ])('%s', (text, match) => {
    expect(parsed(typeWith(`match: ${text}`)).types[0]?.match).toEqual(match);
  });
});

describe('a type that comes with Banyan', () => {
  const wireWith = (keys: string) =>
    parsed(`types: { simple_orchestrator: { legacy: "http://127.0.0.1:9101", ${keys} } }`).types[0]?.wire;
  const [spawnAgent, getStatus] = BUILT_IN.simple_orchestrator.operations;

  it('has an operation of the same name replaced whole, in its place', () => {
    const wire = wireWith('operations: [{ name: spawn_agent, method: PUT, path: /agents, effect: write }]');

    expect(wire?.operations).toEqual([
      { name: 'spawn_agent', method: 'PUT', path: '/agents', effect: 'write' },
      getStatus,
    ]);
  });

  it('has an operation of a new name added', () => {
    const wire = wireWith('operations: [{ name: ping, method: GET, path: /ping, effect: read, expects: [503] }]');

    expect(wire?.operations).toEqual([
      spawnAgent,
      getStatus,
      { name: 'ping', method: 'GET', path: '/ping', effect: 'read', expects: [503] },
    ]);
  });

  it('has its compare rules kept but for the places that the config speaks of', () => {
    const wire = wireWith('compare: [{ at: /result/host, as: known, reason: moved }]');

    expect(wire?.compare).toEqual([
      { at: '/result/host', as: 'known', reason: 'moved' },
      { at: '/result/created_at', as: 'time', reason: 'each side stamps its own time' },
    ]);
  });

  it('takes affinity and order of the config over its own', () => {
    expect(wireWith('affinity: request, order: entity')).toMatchObject({ affinity: ['request'], order: 'entity' });
  });

  it('can have another V2 side', () => {
    const text = 'types: { simple_orchestrator: { legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" } }';

    expect(parsed(text).types[0]?.v2).toEqual(at('http://127.0.0.1:2'));
  });
});
