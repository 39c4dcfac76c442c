import { describe, expect, it } from 'vitest';
import { dial, handshake } from './peers.ts';
import { useWebSocketRig } from './websocket-rig.ts';

const at = useWebSocketRig();

async function answerTo(response: string, endsAfterwards = false): Promise<string> {
  at.legacy.on((peer) => {
    peer.say(response);
    if (endsAfterwards) peer.socket.end();
  });
  const client = await dial(at.rig.data, handshake('/billing/feed'));
  const heard = await client.rest();
  // Whatever came of it, the upstream's connection is given up.
  await at.legacy.peers.at(-1)?.rest();
  return heard;
}

describe('33: an upstream that refuses a WebSocket', () => {
  it.each([
    ['403 Forbidden', 'Content-Length: 7\r\n', 'go away'],
    ['404 Not Found', 'Content-Length: 0\r\n', ''],
    ['302 Found', 'Location: /billing/login\r\nContent-Length: 5\r\n', 'moved'],
    [
      '401 Unauthorized',
      'WWW-Authenticate: Basic\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n',
      'no',
    ],
    ['503 Busy', 'Retry-After: 7\r\nContent-Length: 4\r\n', 'busy'],
    ['200 OK', 'Content-Length: 4\r\n', 'page'],
  ])('%s: the client gets it as it is', async (status, headers, body) => {
    const heard = await answerTo(`HTTP/1.1 ${status}\r\n${headers}\r\n${body}`);
    expect(heard).toBe(`HTTP/1.1 ${status}\r\n${headers}connection: close\r\n\r\n${body}`);
  });

  it('a body of unknown length is framed, so that its end can be told', async () => {
    const heard = await answerTo(
      'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    expect(heard).toMatch(/\r\ntransfer-encoding: chunked\r\n.*\r\n\r\n.*0\r\n\r\n$/s);
    const body = heard.slice(heard.indexOf('\r\n\r\n') + 4);
    expect(body.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').replace(/\r\n$/, '')).toBe('abcde');
  });

  it('204 and 304 have no body and no framing', async () => {
    expect(await answerTo('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')).toBe(
      'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nconnection: close\r\n\r\n',
    );
  });

  it('headers of its connection stay behind', async () => {
    const heard = await answerTo(
      'HTTP/1.1 403 Forbidden\r\nConnection: x-secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n',
    );
    expect(heard).toBe('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nconnection: close\r\n\r\n');
  });

  it.each([
    ['Transfer-Encoding: chunked', '3\r\nabc\r\n'],
    ['Content-Length: 10', 'abc'],
  ])('a body that breaks off is seen to break off (%s)', async (framing, body) => {
    const heard = await answerTo(`HTTP/1.1 403 Forbidden\r\n${framing}\r\n\r\n${body}`, true);
    expect(heard).toContain('403 Forbidden');
    expect(heard).not.toMatch(/0\r\n\r\n$/);
  });

  it('a reason phrase with control bytes is a safe answer, and nothing dies', async () => {
    expect(await answerTo('HTTP/1.1 403 No\u0001way\r\nContent-Length: 0\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 (403 Forbidden|502 )/,
    );
  });
});
