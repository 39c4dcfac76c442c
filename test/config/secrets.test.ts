import { describe, expect, it } from 'vitest';
import { problemsIn, typeWith } from './samples.ts';

const SECRET = 's3cr3t';
const otlp = (keys: string) =>
  `types: { billing: { legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" } }\ntelemetry: { otlp: { endpoint: "http://127.0.0.1:4318", ${keys} } }`;
const endpoint = (url: string) =>
  `types: { billing: { legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" } }\ntelemetry: { otlp: { endpoint: "${url}" } }`;
const operation = (path: string) => typeWith(`operations: [{ name: a, method: GET, effect: read, path: "${path}" }]`);
const PEM = `-----BEGIN EC PRIVATE KEY-----\\n${SECRET}\\n-----END EC PRIVATE KEY-----\\n`;

describe('a secret that stands where it cannot be read', () => {
  it.each([
    [
      'as a header of the collector that is no ASCII',
      otlp(`headers: { authorization: "Bearer ${SECRET}-tökén" }`),
      '2:83 telemetry.otlp.headers.authorization: expected a text of printable ASCII, got a text of 19 characters',
    ],
    [
      'as all headers in one text',
      otlp(`headers: "authorization: Bearer ${SECRET}"`),
      '2:66 telemetry.otlp.headers: expected a mapping of headers to their values, got a text of 28 characters',
    ],
    [
      'as the name of a header',
      otlp(`headers: { "authorization: Bearer ${SECRET}": x }`),
      '2:68 telemetry.otlp.headers["***"]: expected the name of a header, got a text of 28 characters',
    ],
    [
      'as headers of another shape',
      otlp(`headers: { authorization: { ${SECRET}: x } }`),
      '2:83 telemetry.otlp.headers.authorization: expected a text of printable ASCII, got a mapping',
    ],
    [
      'as a number',
      otlp('headers: { authorization: 123456 }'),
      '2:83 telemetry.otlp.headers.authorization: expected a text of printable ASCII, got a number',
    ],
    [
      'as an alias',
      otlp(`headers: { authorization: *${SECRET} }`),
      '2:83 telemetry.otlp.headers.authorization: expected an alias of an anchor above it, got a text of 7 characters',
    ],
    [
      'as a tag',
      otlp(`headers: { authorization: !${SECRET} x }`),
      '2:91 telemetry.otlp.headers.authorization: expected a value without a tag, got a text of 7 characters',
    ],
    [
      'in the query of an endpoint',
      endpoint(`http://h/x?token=${SECRET}`),
      '2:32 telemetry.otlp.endpoint: expected a URL without a query or fragment, got "http://h/x?***"',
    ],
    [
      'in the user and the query of an endpoint',
      endpoint(`ftp://user:${SECRET}@h/x?token=${SECRET}`),
      '2:32 telemetry.otlp.endpoint: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "ftp://***@h/x?***"',
    ],
    [
      'in a query with an @',
      endpoint(`http://h/x?token=a@${SECRET}`),
      '2:32 telemetry.otlp.endpoint: expected a URL without a query or fragment, got "http://***"',
    ],
    [
      'in an endpoint without a scheme',
      endpoint(`user:${SECRET}@h:4318`),
      '2:32 telemetry.otlp.endpoint: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "***@h:4318"',
    ],
    [
      'in the query of an endpoint without a scheme',
      endpoint(`h:4318?token=${SECRET}`),
      '2:32 telemetry.otlp.endpoint: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "h:4318?***"',
    ],
    [
      'before an @ and an empty segment',
      endpoint(`user:${SECRET}@h//x`),
      '2:32 telemetry.otlp.endpoint: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "***@h//x"',
    ],
    [
      'on both sides of two slashes',
      endpoint(`user:${SECRET}//${SECRET}@h`),
      '2:32 telemetry.otlp.endpoint: expected an http:// or https:// URL, such as http://127.0.0.1:9001, got "***@h"',
    ],
    [
      'in a URL that stands where a path should',
      operation(`http://user:${SECRET}@h/x?token=${SECRET}`),
      '2:133 types.billing.operations[0].path: expected a path that starts with "/", got "http://***@h/x?***"',
    ],
    [
      'as the key of tls itself',
      `${typeWith('')}\ntls: { cert: c.pem, key: "${PEM}" }`,
      '3:26 tls.key: expected the path of a PEM file, not what stands in one, got a text of 67 characters',
    ],
    [
      'as the key of an upstream itself',
      typeWith('mirror: all').replace(
        'legacy: "http://127.0.0.1:9001"',
        `legacy: { instances: ["https://127.0.0.1:1"], tls: { cert: c.pem, key: "x\\n${SECRET}" } }`,
      ),
      '2:85 types.billing.legacy.tls.key: expected the path of a PEM file, not what stands in one, got a text of 8 characters',
    ],
    [
      'as a key that stands elsewhere',
      `${typeWith('')}\ntls: "${PEM}"`,
      '3:6 tls: expected a mapping with the keys cert, key, ca, minVersion, got a text of 67 characters',
    ],
  ])('%s is not shown', (_, text, problem) => {
    const problems = problemsIn(text);
    expect(problems.join('\n')).not.toContain(SECRET);
    expect(problems).toContainEqual(problem);
  });

  it.each([
    `types: {}\ntls:\n  key: |\n    -----BEGIN EC PRIVATE KEY-----\n${SECRET}\n`,
    `types: {}\ntls:\n  key: | ${SECRET}\n`,
    `telemetry: { otlp: { headers: { authorization: "a" ${SECRET} } } }`,
    `telemetry: { otlp: { headers: { authorization: "\\q${SECRET}" } } }`,
    `telemetry: {}\n]${SECRET}`,
    `%${SECRET} foo\n---\ntelemetry: {}\n`,
    `telemetry: {}\n%TAG ${SECRET}\n---\n%${SECRET}\n`,
  ])('is not shown where the text is no YAML: %j', (text) => {
    expect(problemsIn(text).join('\n')).not.toContain(SECRET);
  });
});

describe('a path with a colon and an @', () => {
  it.each([
    ['/users/:id/:id/@me', 'expected a path that uses each ":name" once, got "/users/:id/:id/@me"'],
    ['users/:id/@me', 'expected a path that starts with "/", got "users/:id/@me"'],
    ['/a/:b/c?d=1', 'expected a path without a query, got "/a/:b/c?d=1"'],
  ])('is shown as it stands: %s', (path, problem) => {
    expect(problemsIn(operation(path)).join('\n')).toContain(problem);
  });

  it('is shown as it stands where two operations have it', () => {
    const twice = ['a', 'b'].map((name) => `{ name: ${name}, method: GET, effect: read, path: "/users/:id/@me" }`);
    expect(problemsIn(typeWith(`operations: [${twice.join(', ')}]`)).join('\n')).toContain(
      'got "GET /users/:id/@me", which "a" has',
    );
  });
});
