import { describe, expect, it } from 'vitest';
import { useRawRig } from '../../support/raw-rig.ts';
import { answering, ok, rawConnect, rawSend } from '../../support/raw-socket.ts';

const at = useRawRig();

const GET = 'GET /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n';
const latest = () => at.upstream.connections.at(-1);

describe('17: Expect: 100-continue', () => {
  const HEAD =
    'POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

  it.each(['off', 'shadow'] as const)(
    'at %s, passes to the upstream, whose 100 passes back before the body flows',
    async (stage) => {
      await at.rig.stage(stage);
      at.upstream.onConnection(async (connection) => {
        await connection.until('\r\n\r\n');
        expect(connection.received).toMatch(/^POST \/billing\/x HTTP\/1\.1\r\n.*^expect: 100-continue\r\n/ims);
        connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        await connection.until('hello');
        connection.send(ok());
      });
      const client = (await rawConnect(at.rig.data)).send(HEAD);
      await client.until('HTTP/1.1 100 Continue\r\n\r\n');
      client.send('hello');
      expect(await client.all()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n.*ok$/s);
      await at.rig.stage('off');
    },
  );

  it.each(['417 Expectation Failed', '413 Content Too Large', '401 Unauthorized'])(
    'is answered by %s of the upstream, and nobody waits for the body',
    async (status) => {
      at.upstream.onConnection(async (connection) => {
        await connection.until('\r\n\r\n');
        connection.send(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`);
      });
      const answer = await rawSend(at.rig.data, HEAD);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n.*^Connection: close\r\n.*no$`, 'ims'));
      await latest()?.closed;
      expect(latest()?.received).not.toContain('hello');
    },
  );

  it('that was answered finally: a body that comes all the same is not taken for another request', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno');
    });
    const before = at.upstream.connections.length;
    const body = 'GET /billing/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const client = (await rawConnect(at.rig.data)).send(
      `POST /billing/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    await client.until(/no$/);
    client.send(body);
    expect((await client.all()).match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect([client.wasReset, at.upstream.connections.length - before]).toEqual([false, 1]);
  });

  it('of an upstream that knows no expectations is met after a second', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('hello');
      connection.send(ok());
    });
    const client = (await rawConnect(at.rig.data)).send(HEAD);
    await client.until('100 Continue');
    client.send('hello');
    expect(await client.all()).toMatch(/ 200 OK/);
  });

  it('where the gateway itself must read the body is met by the gateway', async () => {
    await at.rig.stage('shadow');
    at.upstream.onConnection(answering(ok()));
    const body = '{"invoice":"7"}';
    const head = 'POST /billing/pay HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n';
    const client = (await rawConnect(at.rig.data)).send(
      `${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await client.until('100 Continue');
    client.send(body);
    expect(await client.all()).toMatch(/ 200 OK/);
    expect(latest()?.received).not.toMatch(/^expect:/im);
    await at.rig.stage('off');
  });

  it('anything else that is expected is 417', async () => {
    const answer = await rawSend(at.rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\nExpect: foo\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 417 .*"code":"EXPECTATION_FAILED"/s);
  });

  it('is passed over in HTTP/1.0', async () => {
    at.upstream.onConnection(answering(ok()));
    expect(await rawSend(at.rig.data, 'GET /billing/x HTTP/1.0\r\nExpect: 100-continue\r\n\r\n')).toMatch(/ 200 OK/);
  });
});

describe('18: an answer without a body', () => {
  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 42\r\nETag: "1"\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\nETag: "1"\r\n\r\n'],
  ])('to %s keeps the length that it would have had', async (method, answer) => {
    at.upstream.onConnection(answering(answer));
    const got = await rawSend(at.rig.data, `${method} /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1\.1 (?:200|304) .*Content-Length: 42\r\nETag: "1"\r\n.*\r\n\r\n$/s);
    expect(got).not.toMatch(/transfer-encoding/i);
  });

  it.each(['204 No Content', '304 Not Modified'])(
    'of %s has none, and the next answer follows at once',
    async (status) => {
      at.upstream.onConnection(answering(`HTTP/1.1 ${status}\r\nETag: "1"\r\n\r\n`));
      const client = (await rawConnect(at.rig.data)).send('GET /billing/x HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.until('\r\n\r\n');
      client.send(`${GET}\r\n`);
      expect(await client.all()).toMatch(
        new RegExp(`^HTTP/1.1 ${status}\r\n[^<]*?\r\n\r\nHTTP/1.1 ${status}\r\n[^<]*?\r\n\r\n$`),
      );
    },
  );
});

describe('18: an answer of 205', () => {
  it.each([
    ['0', 'Content-Length: 0\r\n', ''],
    ['2', 'Transfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n'],
  ])('that has a length of %s is framed by %j', async (length, framing, body) => {
    at.upstream.onConnection(
      answering(`HTTP/1.1 205 Reset Content\r\nContent-Length: ${length}\r\n\r\n${body && 'ok'}`),
    );
    const answer = await rawSend(at.rig.data, `${GET}\r\n`);
    expect(answer).toContain(framing);
    expect(answer.endsWith(`\r\n\r\n${body}`)).toBe(true);
    expect(answer.match(/content-length|transfer-encoding/gi)).toHaveLength(1);
  });
});

describe('18: a body where none may be', () => {
  const FORGED = ok('forged');
  const EXPECTING = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n';

  it.each([
    ['GET', '204 No Content', `Content-Length: ${FORGED.length}\r\n`, FORGED],
    ['GET', '204 No Content', 'Transfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n'],
    ['GET', '304 Not Modified', `Content-Length: ${FORGED.length}\r\n`, FORGED],
    ['HEAD', '200 OK', `Content-Length: ${FORGED.length}\r\n`, FORGED],
    ['expectation', '204 No Content', `Content-Length: ${FORGED.length}\r\n`, FORGED],
    ['expectation', '304 Not Modified', 'Transfer-Encoding: chunked\r\n', '2\r\nok\r\n0\r\n\r\n'],
  ])('in the answer to %s, %s: %j stays behind, and is nobody’s answer', async (method, status, framing, body) => {
    at.upstream.onConnection(answering(`HTTP/1.1 ${status}\r\nETag: "1"\r\n${framing}\r\n${body}`));
    const request = method === 'expectation' ? EXPECTING : `${method} /billing/x HTTP/1.1\r\nHost: a\r\n\r\n`;
    const client = (await rawConnect(at.rig.data)).send(request);
    const answer = await client.until('\r\n\r\n');
    at.upstream.onConnection(answering(ok('fresh')));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\nETag: "1"\r\n`));
    expect(answer).not.toMatch(status.startsWith('204') ? /content-length|transfer-encoding/i : /transfer-encoding/i);
    if (method === 'expectation') expect(await client.all()).toMatch(/\r\n\r\n$/);
    else expect(await client.send(`${GET}\r\n`).all()).toMatch(/fresh$/);
    expect(client.received).not.toContain('forged\r\n');
  });
});

describe('19: a client of HTTP/1.0', () => {
  it('that asks to keep the connection keeps it where the answer has a length', async () => {
    at.upstream.onConnection(answering(ok()));
    const first = 'GET /billing/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n';
    const answers = await rawSend(at.rig.data, `${first}GET /billing/y HTTP/1.0\r\n\r\n`);
    expect(answers).toMatch(/^connection: keep-alive\r\n.*ok.*^connection: close\r\n.*ok$/ims);
  });

  it('gets a chunked answer unchunked, up to the end of the connection', async () => {
    at.upstream.onConnection(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'),
    );
    const answer = await rawSend(at.rig.data, 'GET /billing/x HTTP/1.0\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello world$/s);
    expect(answer).not.toMatch(/transfer-encoding/i);
  });

  it('that asks to keep the connection does not get it where only its end would end the answer', async () => {
    at.upstream.onConnection(answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'));
    const answer = await rawSend(at.rig.data, 'GET /billing/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(answer).toMatch(/^connection: close\r\n.*ok$/ims);
  });
});

describe('20: methods', () => {
  it.each(['CONNECT a:443', 'CONNECT /billing/x', 'TRACE /billing/x'])('%s is not forwarded', async (line) => {
    const before = at.upstream.connections.length;
    const answer = await rawSend(at.rig.data, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 501 .*"code":"METHOD_NOT_FORWARDED"/s);
    expect(at.upstream.connections).toHaveLength(before);
  });

  it.each(['PROPFIND', 'QUERY', 'REPORT', 'LOCK', 'PURGE'])('%s is forwarded', async (method) => {
    at.upstream.onConnection(answering(ok()));
    expect(await rawSend(at.rig.data, `${GET.replace('GET', method)}\r\n`)).toMatch(/ 200 OK/);
    expect(latest()?.received).toMatch(new RegExp(`^${method} /billing/x HTTP/1.1\r\n`));
  });

  it('of two pipelined requests are answered in order, one after the other, however long the first takes', async () => {
    const { promise: firstMayEnd, resolve: endFirst } = Promise.withResolvers<void>();
    at.upstream.onConnection(async (connection) => {
      const [, path] = /^\w+ (\S+)/.exec(await connection.until('\r\n\r\n')) ?? [];
      if (path === '/billing/first') await firstMayEnd;
      connection.send(ok(path, 'Connection: close\r\n'));
    });
    const before = at.upstream.connections.length;
    const requests = ['first', 'second'].map(
      (path) => `POST /billing/${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`,
    );
    const client = (await rawConnect(at.rig.data)).send(requests.join(''));
    await (await at.upstream.connection(before)).until('/billing/first');
    expect(await rawSend(at.rig.data, `${GET}\r\n`)).toMatch(/ 200 OK/); // a stranger is not held up
    expect(at.upstream.connections.slice(before).filter(({ received }) => received.includes('second'))).toEqual([]);
    endFirst();
    expect(await client.until(/\/billing\/second$/)).toMatch(/\/billing\/first.*\/billing\/second$/s);
    client.destroy();
  });

  it('of a hundred pipelined requests are all answered in order', async () => {
    at.upstream.onConnection(async (connection) => {
      for (let n = 1; ; n += 1) {
        const seen = await connection.untilHeads(n);
        connection.send(ok([...seen.matchAll(/^GET (\S+)/gm)].at(n - 1)?.[1]));
      }
    });
    const paths = Array.from({ length: 100 }, (_, n) => `/billing/${n}`);
    const client = (await rawConnect(at.rig.data)).send(
      paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
    );
    const answers = await client.until(/\/billing\/99$/);
    expect([...answers.matchAll(/^\/billing\/\d+/gm)].map(([path]) => path.replace(/HTTP.*/, ''))).toEqual(paths);
    client.destroy();
  });

  it('of garbage behind a good request does not cost that request its answer', async () => {
    at.upstream.onConnection(answering(ok('good')));
    const answer = await rawSend(at.rig.data, 'GET /billing/x HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK.*goodHTTP\/1\.1 400 .*MALFORMED_REQUEST/s);
  });
});

describe('21: headers', () => {
  const HEADERS =
    'X-Mixed-CASE: One\r\nSet-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nSet-Cookie: b=2\r\nx-twice: 1\r\nX-Twice: 2\r\nX-Latin1: J\xfcrgen \xa9\r\n';

  it('of an answer keep their order, case, repetition and bytes', async () => {
    at.upstream.onConnection(answering(ok('ok', HEADERS)));
    expect(await rawSend(at.rig.data, `${GET}\r\n`)).toContain(`HTTP/1.1 200 OK\r\n${HEADERS}content-length: 2\r\n`);
  });

  it('of an answer that streams keep their bytes too', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(`HTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 2\r\n\r\n`);
      await client.until('\r\n\r\n');
      connection.send('ok');
    });
    const client = (await rawConnect(at.rig.data)).send(`${GET}\r\n`);
    expect(await client.all()).toContain(`HTTP/1.1 200 OK\r\n${HEADERS}Content-Length: 2\r\n`);
  });

  it('of a request keep their order, case, repetition and bytes', async () => {
    at.upstream.onConnection(answering(ok()));
    await rawSend(at.rig.data, `${GET}${HEADERS}\r\n`);
    expect(latest()?.received).toContain(HEADERS);
  });
});

describe('22: interim answers and trailers', () => {
  it('102 and 103 reach the client before the answer', async () => {
    const interim =
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x\r\n\r\n';
    at.upstream.onConnection(async (connection) => {
      await connection.until('\r\n\r\n');
      connection.send(interim);
      await client.until('preload\r\n\r\n');
      connection.send(ok());
    });
    const client = (await rawConnect(at.rig.data)).send(`${GET}\r\n`);
    expect(await client.all()).toMatch(
      /^HTTP\/1\.1 102 [^\r]*\r\n\r\nHTTP\/1\.1 103 [^\r]*\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    );
  });

  it('none reaches a client of HTTP/1.0', async () => {
    at.upstream.onConnection(answering(`HTTP/1.1 103 Early Hints\r\n\r\n${ok()}`));
    expect(await rawSend(at.rig.data, 'GET /billing/x HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('200 of them are too many: the call ends', async () => {
    at.upstream.onConnection(answering(`${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(200)}${ok()}`));
    const answer = await rawSend(at.rig.data, `${GET}\r\n`);
    expect(answer).toMatch(/HTTP\/1\.1 502 .*"code":"UPSTREAM_FAILED"/s);
    expect(answer.match(/HTTP\/1\.1 102/g)?.length).toBeLessThanOrEqual(100);
    await latest()?.closed;
  });

  it('trailers of an answer reach the client, except those that would be taken for headers', async () => {
    const trailers = 'X-Checksum: abc\r\nContent-Type: evil\r\nSet-Cookie: a=1\r\nX-Banyan-Mirror: 1\r\n';
    const head = 'HTTP/1.1 200 OK\r\nTrailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n';
    at.upstream.onConnection(answering(`${head}2\r\nok\r\n0\r\n${trailers}\r\n`));
    const answer = await rawSend(at.rig.data, `${GET}\r\n`);
    expect(answer).toMatch(/^trailer: X-Checksum\r\n.*^2\r\nok\r\n0\r\nX-Checksum: abc\r\n\r\n$/ims);
  });

  it('trailers of a request that announces them reach the upstream', async () => {
    at.upstream.onConnection(async (connection) => {
      await connection.until(/0\r\n.*\r\n\r\n$/s);
      connection.send(ok());
    });
    const chunks =
      '5\r\nhello\r\n0\r\nX-Checksum: abc\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_Host: b\r\nHost: b\r\n\r\n';
    const head = 'POST /billing/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTrailer: X-Checksum\r\n';
    expect(await rawSend(at.rig.data, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toMatch(/ 200 OK/);
    expect(latest()?.received).toMatch(/5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n$/);
  });
});
