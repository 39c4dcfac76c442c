import { describe, expect, it } from 'vitest';
import { parsed, problemsIn, typeWith } from './samples.ts';

const sides = 'legacy: "http://127.0.0.1:9001", v2: "http://127.0.0.1:9002"';

describe('the addresses of Banyan itself', () => {
  it.each(['0.0.0.0:8081', '10.0.0.1:8081', 'gateway.internal:8081', '"[::]:8081"'])('admin refuses %s', (text) => {
    expect(problemsIn(`admin: ${text}\n${typeWith('')}`)).toEqual([
      expect.stringMatching(
        /^1:8 admin: expected a loopback address, such as 127\.0\.0\.1:8081, got the host ".+" \(the admin API must not be reachable from other machines\)$/,
      ),
    ]);
  });

  it.each([
    ['127.0.0.1:8080', '127.0.0.1:8080'],
    ['0.0.0.0:8080', '127.0.0.1:8080'],
    ['localhost:8080', '127.0.0.1:8080'],
    ['"[::]:8080"', 'localhost:8080'],
  ])('data %s and admin %s would be one port', (data, admin) => {
    expect(problemsIn(`data: ${data}\nadmin: ${admin}\n${typeWith('')}`)).toEqual([
      '2:8 admin: expected another port than the one of "data", got port 8080 for both',
    ]);
  });

  it('may both be any free port', () => {
    expect(parsed(`data: 127.0.0.1:0\nadmin: 127.0.0.1:0\n${typeWith('')}`).admin.port).toBe(0);
  });
});

describe('the sides of a type', () => {
  it.each([
    ['127.0.0.1:8080', 'http://127.0.0.1:8080', 'data'],
    ['127.0.0.1:8080', 'http://localhost:8080/base', 'data'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080', 'data'],
    ['0.0.0.0:80', 'http://127.0.0.1', 'data'],
    ['"[::1]:443"', 'https://[::1]', 'data'],
    ['127.0.0.1:1', 'http://127.0.0.1:8081', 'admin'],
  ])('with data at %s, %s is refused: it is %s', (data, upstream, own) => {
    expect(problemsIn(`data: ${data}\ntypes: { a: { legacy: "${upstream}", v2: "http://x" } }`)).toEqual([
      expect.stringMatching(
        new RegExp(`^2:23 types.a.legacy: expected the address of another service, .*own "${own}" address$`),
      ),
    ]);
    expect(problemsIn(`data: ${data}\ntypes: { a: { v2: "${upstream}", legacy: "http://x" } }`)).toHaveLength(1);
  });

  it('may be at the same port of another host, or at another port of the same', () => {
    const text = 'types: { a: { legacy: "http://10.0.0.1:8080", v2: "http://127.0.0.1:8082" } }';

    expect(parsed(text).types).toHaveLength(1);
  });

  it('are not one and the same URL', () => {
    expect(problemsIn('types: { a: { legacy: "http://x:80/a/", v2: "HTTP://X/a" } }')).toEqual([
      '1:45 types.a.v2: expected another address than the legacy side\'s, got "http://x/a" for both (a mirrored write would reach it twice)',
    ]);
  });

  it('are both given, unless the type comes with Banyan', () => {
    expect(problemsIn('types:\n  simple_orchestrater: { legacy: "http://x" }')).toEqual([
      '2:3 types.simple_orchestrater.v2: expected the URL of the V2 side, got nothing (only a type that comes with Banyan can do without, and "simple_orchestrater" is none); did you mean "simple_orchestrator"?',
    ]);
    expect(problemsIn('types:\n  toString: { legacy: "http://x" }')).toHaveLength(1);
  });
});

describe('a type whose calls an earlier type claims', () => {
  const two = (first: string, second: string) =>
    problemsIn(`types:\n  a: { ${sides}, ${first} }\n  b: { ${sides}, ${second} }`);

  it.each([
    ['match: { prefix: /x }', 'match: { prefix: /x/ }', 'prefix /x'],
    ['match: { prefix: /x }', 'match: { prefix: /x/y/z }', 'prefix /x/y/z'],
    ['match: { prefix: / }', 'match: { prefix: /x }', 'prefix /x'],
    ['match: { prefix: / }', 'match: { host: x }', 'host x'],
    ['match: { prefix: / }', 'match: { header: "x: y" }', 'header x: y'],
    ['match: { host: x }', 'match: { host: X }', 'host x'],
    ['match: { header: "x: y" }', 'match: { header: { X: y } }', 'header x: y'],
    ['mirror: all', 'match: { prefix: /a/x }', 'prefix /a/x'],
    ['mirror: all', 'match: { header: "x-orchestrator-type: a" }', 'header x-orchestrator-type: a'],
    ['match: { prefix: /b }', 'mirror: all', 'prefix /b/, header x-orchestrator-type: b, or its own routes'],
  ])('%s before %s', (first, second, match) => {
    expect(two(first, second)).toEqual([
      expect.stringMatching(/^3:\d+ types\.b\.match: expected a match that no earlier type claims, got /),
    ]);
    expect(two(first, second)[0]).toContain(`got ${match}, which "a" above claims first`);
  });

  it.each([
    ['match: { prefix: /x/y }', 'match: { prefix: /x }'],
    ['match: { prefix: /x }', 'match: { prefix: /xy }'],
    ['match: { host: x }', 'match: { prefix: / }'],
    ['match: { header: "x: y" }', 'match: { header: "x: Y" }'],
    ['mirror: all', 'mirror: all'],
  ])('%s before %s is no such type', (first, second) => {
    expect(parsed(`types:\n  a: { ${sides}, ${first} }\n  b: { ${sides}, ${second} }`).types).toHaveLength(2);
  });
});

describe('the operations of a type', () => {
  const op = (name: string, method: string, path: string, more = '') =>
    `{ name: ${name}, method: ${method}, path: "${path}", effect: read${more} }`;
  const typed = (match: string, ...operations: readonly string[]) =>
    problemsIn(
      `types:\n  a:\n    ${match}\n    ${sides.replace(', ', '\n    ')}\n    operations:\n${operations.map((line) => `      - ${line}\n`).join('')}`,
    );

  it('have different names', () => {
    expect(typed('mirror: all', op('x', 'GET', '/x'), op('x', 'GET', '/y'))).toEqual([
      '8:17 types.a.operations[1].name: expected a name that no other operation of the type has, got "x"',
    ]);
  });

  it.each([
    ['/x', '/x'],
    ['/x/:id', '/x/:name'],
    ['/x/:id/y/:z', '/x/:a/y/:b'],
  ])('have different routes, which %s and %s are not', (one, other) => {
    expect(typed('mirror: all', op('x', 'GET', one), op('y', 'GET', other))).toEqual([
      `8:39 types.a.operations[1].path: expected a route of its own, got "GET ${other}", which "x" has`,
    ]);
  });

  it('may share a path, or a shape with a literal', () => {
    const operations = [op('x', 'GET', '/x/:id'), op('y', 'PUT', '/x/:id'), op('z', 'GET', '/x/new')];

    expect(parsed(typeWith(`operations: [${operations}]`)).types[0]?.wire.operations).toHaveLength(3);
  });

  it('do not take the route of a built-in operation, unless they replace it', () => {
    const builtIn = (name: string) =>
      `types:\n  simple_orchestrator:\n    legacy: "http://x"\n    operations: [${op(name, 'GET', '/api/agents/status')}]`;

    expect(problemsIn(builtIn('other'))).toEqual([
      '4:52 types.simple_orchestrator.operations[0].path: expected a route of its own, got "GET /api/agents/status", which "get_status" has',
    ]);
    expect(parsed(builtIn('get_status')).types[0]?.wire.operations).toHaveLength(2);
  });

  it('name path ids that their path has', () => {
    expect(
      typed(
        'mirror: all',
        op('x', 'GET', '/x/:id', ', names: { a: path.id, b: path.nr }'),
        op('y', 'GET', '/y', ', names: { a: path.id }'),
      ),
    ).toEqual([
      '7:87 types.a.operations[0].names.b: expected a ":name" of the path "/x/:id" (path.id), got "path.nr"',
      '8:71 types.a.operations[1].names.a: expected a ":name" of the path "/y" (none), got "path.id"',
    ]);
  });

  it('create ids where an answer can have them', () => {
    expect(
      typed(
        'mirror: all',
        op('x', 'GET', '/x/:id', ', creates: { a: path.id, b: query.b, c: "header:location", d: "body:/id" }'),
      ),
    ).toEqual([
      '7:77 types.a.operations[0].creates.a: expected header:NAME or body:/POINTER (an answer has no path), got "path.id"',
      '7:89 types.a.operations[0].creates.b: expected header:NAME or body:/POINTER (an answer has no query), got "query.b"',
    ]);
  });

  it('stand under the prefix of the type', () => {
    expect(typed('match: { prefix: /x }', op('x', 'GET', '/x'), op('y', 'GET', '/x/y'), op('z', 'GET', '/xy'))).toEqual(
      ['9:39 types.a.operations[2].path: expected a path under the type\'s prefix /x, got "/xy"'],
    );
  });

  it('that come with Banyan do not all lie outside the prefix', () => {
    const withPrefix = (prefix: string) =>
      `types: { simple_orchestrator: { legacy: "http://x", match: { prefix: ${prefix} } } }`;

    expect(problemsIn(withPrefix('/orchestrator'))).toEqual([
      '1:70 types.simple_orchestrator.match.prefix: expected a prefix of the routes of "simple_orchestrator", got "/orchestrator" (leave "match" out for the routes it comes with)',
    ]);
    expect(parsed(withPrefix('/api')).types).toHaveLength(1);
  });

  it('are checked one by one: a wrong one hides nothing of the others', () => {
    expect(typed('mirror: al', op('X', 'GET', '/x'), op('y', 'GET', '/y', ', names: { a: path.b }'))).toEqual([
      '3:13 types.a.mirror: expected all, reads or none, got "al"; did you mean "all"?',
      '7:17 types.a.operations[0].name: expected a name in snake_case, such as get_invoice, got "X"',
      '8:71 types.a.operations[1].names.a: expected a ":name" of the path "/y" (none), got "path.b"',
    ]);
  });
});

describe('lists of which the first fitting line counts', () => {
  it('have nothing after an affinity that every call has', () => {
    expect(problemsIn(typeWith('affinity: [header:x, address, request]'))).toEqual([
      expect.stringContaining(
        'types.billing.affinity[2]: expected nothing after "address", which every call has, got "request"',
      ),
    ]);
  });

  it('have no line twice', () => {
    expect(problemsIn(typeWith('affinity: [header:x, header:x]'))).toEqual([
      expect.stringContaining('types.billing.affinity[1]: expected each source once, got "header:x" again'),
    ]);
    const rule = '{ at: /a, as: id, reason: b }';
    expect(problemsIn(typeWith(`compare: [${rule}, ${rule}]`))).toEqual([
      expect.stringContaining('types.billing.compare[1].at: expected each rule once, got "id" at "/a" again'),
    ]);
  });
});
