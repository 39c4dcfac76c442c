import { describe, expect, it } from 'vitest';
import { problemsIn, typeWith } from './samples.ts';

const operation = (keys: string) => typeWith(`operations: [{ ${keys} }]`);

describe('a wrong key or value', () => {
  it('is pointed at together with all others, in the order of the file', () => {
    expect(
      problemsIn(`data: 8080
admin: 127.0.0.1:99999
stat: .banyan
types:
  billing:
    mach: { prefix: /billing }
    legcay: "http://127.0.0.1:9001"
    v2: 127.0.0.1:9002
    mirror: read
    operations:
      - { name: get_invoice, method: get, path: /invoices, effect: reads }
      - name: create_invoice
        method: POST
        path: /invoices
limits: { mirrorQueMax: 3, captureBytesMax: "64 KiB" }
timeouts: { idleMs: 1.5 }
`),
    ).toEqual([
      '1:7 data: expected "host:port" or "unix:/path", such as 127.0.0.1:8080, got 8080',
      '2:8 admin: expected a port from 0 to 65535, got "127.0.0.1:99999"',
      '3:1 stat: expected one of the keys $schema, data, unixMode, tls, admin, state, types, trustedProxies, limits, timeouts, telemetry, got "stat"; did you mean "state"?',
      '6:5 types.billing.mach: expected one of the keys match, legacy, v2, affinity, operations, mirror, compare, order, got "mach"; did you mean "match"?',
      '7:5 types.billing.legcay: expected one of the keys match, legacy, v2, affinity, operations, mirror, compare, order, got "legcay"; did you mean "legacy"?',
      '8:9 types.billing.v2: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "127.0.0.1:9002"',
      '9:13 types.billing.mirror: expected all, reads or none, got "read"; did you mean "reads"?',
      '11:38 types.billing.operations[0].method: expected GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK, REPORT or SEARCH, got "get"; did you mean "GET"?',
      '11:68 types.billing.operations[0].effect: expected read or write, got "reads"; did you mean "read"?',
      '12:9 types.billing.operations[1].effect: expected read or write, got nothing',
      '15:11 limits.mirrorQueMax: expected one of the keys requestBodyPeekBytesMax, captureBytesMax, mirrorInFlightMax, mirrorQueueMax, mirrorQueueBytesMax, upstreamConnectionsMax, upstreamQueueMax, headerBytesMax, upgradesMax, headersMax, targetBytesMax, requestBodyBytesMax, clientConnectionsMax, streamsMax, entitiesCachedMax, got "mirrorQueMax"; did you mean "mirrorQueueMax"?',
      '15:45 limits.captureBytesMax: expected a whole number from 1024 to 1073741824, got "64 KiB"',
      '16:21 timeouts.idleMs: expected a whole number from 1 to 86400000, got 1.5',
    ]);
  });

  it('of the telemetry is pointed at', () => {
    const otlp = (keys: string) =>
      problemsIn(`types: { a: { legacy: "http://x", v2: "http://y" } }\ntelemetry: { otlp: { ${keys} } }`);
    expect(otlp('')).toEqual(['2:14 telemetry.otlp.endpoint: expected an http:// or https:// URL, got nothing']);
    expect(otlp('endpoint: "http://x", headers: { "a b": c, d: 3 }, sampleRatio: 50, serviceName: ""')).toEqual([
      '2:55 telemetry.otlp.headers["***"]: expected the name of a header, got a text of 3 characters',
      '2:68 telemetry.otlp.headers.d: expected a text of printable ASCII, got a number',
      '2:86 telemetry.otlp.sampleRatio: expected a number from 0 to 1, got 50',
      '2:103 telemetry.otlp.serviceName: expected a name, got ""',
    ]);
    expect(otlp('endpont: "http://x"')).toEqual([expect.stringContaining('did you mean "endpoint"?')]);
  });

  it('that is missing is pointed at by the key of what lacks it', () => {
    expect(problemsIn('data: 127.0.0.1:1\n\ntypes:\n\n  a:\n    v2: "http://x"\n')).toEqual([
      '5:3 types.a.legacy: expected an http:// or https:// URL, got nothing',
    ]);
    expect(problemsIn('data: 127.0.0.1:1')).toEqual([
      '1:1 types: expected a mapping of names of types to types, got nothing',
    ]);
  });

  it('that is misspelt is not called missing too', () => {
    expect(problemsIn('typse: { a: 1 }')).toEqual([
      '1:1 typse: expected one of the keys $schema, data, unixMode, tls, admin, state, types, trustedProxies, limits, timeouts, telemetry, got "typse"; did you mean "types"?',
    ]);
    expect(problemsIn('types: { a: { legacy: "http://x", V2: "http://y" } }')).toHaveLength(1);
  });

  it('behind an alias is pointed at where it stands', () => {
    expect(problemsIn('types:\n  a: &a { legacy: "http://x", v2: 3 }\n  b: *a')).toEqual([
      '2:35 types.a.v2: expected an http:// or https:// URL, got 3',
      '2:35 types.b.v2: expected an http:// or https:// URL, got 3',
    ]);
  });

  it('that is given twice is pointed at where it counts: the first time', () => {
    expect(problemsIn('state: 1\ntypes: { a: { legacy: "http://x", v2: "http://y" } }\nstate: 2')).toEqual([
      '1:8 state: expected the path of a folder, got 1',
      '3:1 state: expected each key once, got it again',
    ]);
  });

  it('is not pointed at one column too far after a byte order mark', () => {
    expect(problemsIn(`\ufeffstate: 1\n${typeWith('')}`)).toEqual(['1:8 state: expected the path of a folder, got 1']);
  });

  it('instead of a type is one problem, and claims no calls', () => {
    const text = 'types:\n  a: x\n  b: { legacy: "http://x", v2: "http://y", match: { prefix: /a/b } }';

    expect(problemsIn(text)).toEqual([
      '2:6 types.a: expected a mapping with the keys match, legacy, v2, affinity, operations, mirror, compare, order, got "x"',
    ]);
  });

  it('is shown short, on one line, without escape sequences or passwords', () => {
    expect(problemsIn(`state: 1\ntypes: { "a\\n\\e[31m\\u009b\\u202e": {} }`)).toContain(
      '2:10 types["a\\n\\u001b[31m\\u009b\\u202e"]: expected the name of a type: a letter, then letters, digits, "_" and "-", got "a\\n\\u001b[31m\\u009b\\u202e"',
    );
    expect(problemsIn(typeWith(`mirror: ${'x'.repeat(1000)}`))).toEqual([
      `2:84 types.billing.mirror: expected all, reads or none, got "${'x'.repeat(80)}..."`,
    ]);
    const urls = ['http://joe:secret@legacy', 'ftp://joe:secret@legacy', 'http://joe:sec/ret@legacy?x'];
    for (const url of urls)
      expect(problemsIn(`types: { a: { legacy: "${url}", v2: "http://x" } }`)[0]).toContain('//***@');
  });
});

describe('an address', () => {
  const listen = 'expected "host:port", such as 127.0.0.1:8080 or "[::1]:8080"';

  it.each([
    ['"8080"', listen],
    ['localhost', listen],
    ['":8080"', listen],
    ['"[127.0.0.1]:8080"', listen],
    ['"::1:8080"', listen],
    ['127.1:8080', listen],
    ['256.0.0.1:8080', listen],
    ['"a b:8080"', listen],
    ['localhost:65536', 'expected a port from 0 to 65535'],
    ['localhost:-1', listen],
    ['http://localhost:8080', listen],
  ])('data %s', (text, expected) => {
    expect(problemsIn(`data: ${text}\n${typeWith('')}`)).toEqual([
      `1:7 data: ${expected}, got ${JSON.stringify(text.replaceAll('"', ''))}`,
    ]);
  });
});

describe('an upstream', () => {
  const url = 'expected an http:// or https:// URL, such as http://127.0.0.1:9001';
  const socket = 'expected the absolute path of a socket, such as unix:/run/app.sock or unix:/run/app.sock:/base';

  it.each([
    ['localhost:9001', url],
    ['ftp://legacy', url],
    ['http:/legacy', url],
    ['http://', url],
    ['http:\\\\\\\\legacy', url],
    ['http://a b', url],
    ['http://[::1', url],
    ['http://leg%acy', url],
    [`http://${'$'}{HOST}`, `${url} ("\${NAME}" is not replaced)`],
    ['http://user@legacy', 'expected a URL without a user name or password'],
    ['http://legacy:0', 'expected a URL with a port from 1 to 65535'],
    ['http://legacy:65536', 'expected a URL with a port from 1 to 65535'],
    ['http://legacy/?a', 'expected a URL without a query or fragment'],
    ['http://legacy#a', 'expected a URL without a query or fragment'],
    ['http://legacy/a/../b', 'expected a URL with another path (its path has a "." or ".." segment)'],
    ['unix:run/app.sock', socket],
    ['unix:/run/', socket],
    ['unix:', socket],
    ['unix://run/app.sock:base', socket],
    ['unix:/run/app.sock?x', socket],
    ['unix:/run/app.sock:/a/../b', 'expected a URL with another path (its path has a "." or ".." segment)'],
    ['unix:/run/app.sock:/a?b', 'expected a URL without a query or fragment'],
    [`unix:/${'x'.repeat(107)}`, 'expected the path of a socket of at most 107 bytes'],
  ])('%s', (text, expected) => {
    const [problem, ...more] = problemsIn(`types: { a: { legacy: "${text}", v2: "http://x" } }`);

    expect(more).toEqual([]);
    expect(problem).toMatch(/^1:23 types\.a\.legacy: /);
    expect(problem).toContain(`${expected}, got "`);
  });

  it('that is left empty is not taken as left out', () => {
    expect(problemsIn('types:\n  simple_orchestrator:\n    legacy: "http://x"\n    v2:\n')).toEqual([
      '4:8 types.simple_orchestrator.v2: expected an http:// or https:// URL, got null',
    ]);
  });
});

describe('a match', () => {
  const header = 'expected one header, as "x-service: billing" or { x-service: billing }';
  const one = 'expected one of prefix, header and host';

  it.each([
    ['{}', `match: ${one}, got an empty mapping`],
    ['{ prefix: /a, host: b }', `match: ${one}, got a mapping of "prefix, host"`],
    ['{ x-service: billing }', 'match.x-service: expected one of the keys prefix, header, host, got "x-service"'],
    [
      '{ prefx: /a }',
      'match.prefx: expected one of the keys prefix, header, host, got "prefx"; did you mean "prefix"?',
    ],
    ['/billing', 'match: expected a mapping with the keys prefix, header, host, got "/billing"'],
    ['{ prefix: billing }', 'match.prefix: expected a path that starts with "/", got "billing"'],
    ['{ prefix: "/a?b" }', 'match.prefix: expected a path without a query, got "/a?b"'],
    [
      '{ prefix: /a/../b }',
      'match.prefix: expected a path such as /billing (its path has a "." or ".." segment), got "/a/../b"',
    ],
    ['{ header: billing }', `match.header: ${header}, got "billing"`],
    ['{ header: "x-service:" }', `match.header: ${header}, got "x-service:"`],
    ['{ header: "x service: a" }', `match.header: ${header}, got "x service: a"`],
    ['{ header: { a: b, c: d } }', `match.header: ${header}, got a mapping of "a, c"`],
    ['{ header: {} }', `match.header: ${header}, got an empty mapping`],
    ['{ header: [a] }', `match.header: ${header}, got a list`],
    ['{ header: { x-version: 2 } }', 'match.header.x-version: expected the value of a header, as text, got 2'],
    [
      '{ header: "Host: a" }',
      'match.header: expected a header other than Host, which "match.host" is for, got "Host: a"',
    ],
    ['{ host: "::1" }', 'match.host: expected a host name without a port, such as billing.internal, got "::1"'],
    ['{ host: "a:80" }', 'match.host: expected a host name without a port, such as billing.internal, got "a:80"'],
    ['{ host: http://a }', 'match.host: expected a host name without a port, such as billing.internal, got "http://a"'],
  ])('%s', (text, problem) => {
    expect(problemsIn(typeWith(`match: ${text}`)).map(withoutPlace)).toEqual([problem]);
  });
});

describe('an operation', () => {
  const good = { name: 'a', method: 'GET', path: '/a', effect: 'read' };
  const named = 'expected a name in snake_case, such as get_invoice';
  const params = 'expected a path whose variable segments are written ":name", such as /invoices/:id';
  const place = 'expected path.NAME, query.NAME, header:NAME or body:/POINTER';

  it.each([
    [{ name: 'getInvoice' }, `name: ${named}, got "getInvoice"`],
    [{ name: 7 }, `name: ${named}, got 7`],
    [{ path: 'a' }, 'path: expected a path that starts with "/", got "a"'],
    [{ path: '/a?b' }, 'path: expected a path without a query, got "/a?b"'],
    [{ path: '/ä' }, 'path: expected a path such as /billing (it has characters outside visible ASCII), got "/ä"'],
    [{ path: '/a/{id}' }, `path: ${params}, got "/a/{id}"`],
    [{ path: '/a/*' }, `path: ${params}, got "/a/*"`],
    [{ path: '/a/:1' }, `path: ${params}, got "/a/:1"`],
    [{ path: '/a/:b/:b' }, 'path: expected a path that uses each ":name" once, got "/a/:b/:b"'],
    [{ names: { a: 'body.id' } }, `names.a: ${place}, got "body.id"`],
    [{ names: { a: 'body:id' } }, 'names.a: expected a JSON Pointer such as /result/id, got "body:id"'],
    [{ names: { a: 'body:/~2' } }, 'names.a: expected a JSON Pointer such as /result/id, got "body:/~2"'],
    [{ names: { a: 1 } }, `names.a: ${place}, got 1`],
    [{ names: { A: 'query.a' } }, 'names.A: expected a kind of entity in snake_case, such as invoice, got "A"'],
    [
      { creates: ['a'] },
      'creates: expected a mapping of kinds of entities to places, such as { invoice: path.id }, got a list',
    ],
    [{ expects: [404] }, 'expects[0]: expected a list of statuses from 500 to 599, got 404'],
    [{ expects: 503 }, 'expects: expected a list of statuses from 500 to 599, got 503'],
  ])('%j', (wrong, problem) => {
    const [found, ...more] = problemsIn(typeWith(`operations: [${JSON.stringify({ ...good, ...wrong })}]`));

    expect(more).toEqual([]);
    expect(withoutPlace(found ?? '')).toBe(`operations[0].${problem}`);
  });

  it('is an item of a list', () => {
    expect(problemsIn(typeWith('operations: { a: 1 }')).map(withoutPlace)).toEqual([
      'operations: expected a list of operations, got a mapping of "a"',
    ]);
    expect(problemsIn(operation('a: 1')).map(withoutPlace)).toContain(
      'operations[0].a: expected one of the keys name, method, path, effect, names, creates, expects, got "a"',
    );
  });
});

describe('affinity and compare', () => {
  const source = 'expected header:NAME, cookie:NAME, query:NAME, address or request';

  it.each([
    ['affinity: adress', `affinity: ${source}, got "adress"`],
    ['affinity: [address, "header:a b"]', `affinity[1]: ${source}, got "header:a b"`],
    [
      'affinity: 1',
      'affinity: expected one or a list of header:NAME, cookie:NAME, query:NAME, address, request, got 1',
    ],
    ['affinity: []', 'affinity: expected at least one source, got an empty list'],
    ['order: entities', 'order: expected entity or type, got "entities"'],
    ['compare: { at: /a }', 'compare: expected a list of compare rules, got a mapping of "at"'],
    ['compare: [{ at: a, as: id, reason: b }]', 'compare[0].at: expected a JSON Pointer such as /result/id, got "a"'],
    [
      'compare: [{ at: /**/a, as: id, reason: b }]',
      'compare[0].at: expected "**" at the end of a JSON Pointer only, got "/**/a"',
    ],
    [
      'compare: [{ at: /a, as: date, reason: b }]',
      'compare[0].as: expected ignore, time, id, number or known, got "date"',
    ],
    ['compare: [{ at: /a, as: id }]', 'compare[0].reason: expected a text that says why, got nothing'],
    ['compare: [{ at: /a, as: id, reason: "" }]', 'compare[0].reason: expected a text that says why, got ""'],
  ])('%s', (keys, problem) => {
    expect(problemsIn(typeWith(keys)).map(withoutPlace)).toEqual([problem]);
  });
});

describe('a limit or timeout', () => {
  it.each(['0', '-1', '.nan', '.inf', '"1"', '2147483648', 'null', '1e309'])('connectMs: %s', (text) => {
    expect(problemsIn(`${typeWith('')}\ntimeouts: { connectMs: ${text} }`)[0]).toMatch(
      /^3:24 timeouts\.connectMs: expected a whole number from 1 to 86400000, got /,
    );
  });
});

function withoutPlace(problem: string): string {
  return problem.replace(/^\d+:\d+ types\.billing\./, '');
}
