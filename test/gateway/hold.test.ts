import { describe, expect, it } from 'vitest';
import { awaitedIds, type Treatment, treatmentOf } from '../../src/gateway/hold.ts';
import { compileIdPlaces } from '../../src/wire/ids.ts';

const BYTES_MAX = 100;
const CREATING = { name: 'create', method: 'POST', path: '/x', effect: 'write' } as const;
const MOVED = new Map([['agent-0001', 'agent-0002']]);

function treated(
  status: number,
  headers: readonly string[],
  { creates = {}, translation = new Map<string, string>(), method = 'POST' } = {},
): Treatment | null {
  const ids = awaitedIds(compileIdPlaces({ ...CREATING, creates }).creates, translation);
  return ids === null ? null : treatmentOf(ids, { method, status, headers }, BYTES_MAX);
}

describe('an answer waits until it is whole', () => {
  it.each<[Treatment, readonly string[]]>([
    ['hold', ['Content-Type', 'application/json']],
    ['hold', ['content-type', 'application/problem+json; charset=utf-8']],
    ['hold', ['content-type', 'application/xml']],
    ['hold', ['content-type', 'text/plain', 'content-length', '100000']],
    ['hold', ['content-type', 'application/json', 'content-encoding', 'identity']],
    ['hold', ['content-length', '100']],
    ['hold', ['content-type', 'application/pdf', 'content-length', '100']],
    ['unread', ['content-length', '101']],
    ['unread', []],
    ['unread', ['content-type', 'application/x-ndjson']],
    ['unread', ['content-type', 'Text/Event-Stream; charset=utf-8']],
    ['unread', ['content-type', 'text/event-stream', 'content-length', '10']],
    ['unread', ['content-type', 'application/json', 'content-encoding', 'gzip']],
  ])('%s: with %j, where ids are awaited in its body', (expected, headers) => {
    expect(treated(200, headers, { translation: MOVED })).toBe(expected);
    expect(treated(200, headers, { creates: { agent: 'body:/id' } })).toBe(expected);
  });

  it('where ids are awaited at all', () => {
    expect(treated(200, ['content-type', 'application/json'])).toBeNull();
  });

  it('that created something which its head names, whatever its body is', () => {
    expect(treated(201, ['content-type', 'text/event-stream'], { creates: { agent: 'header:location' } })).toBe('hold');
  });

  it('that may have created something, which an error has not', () => {
    expect(treated(422, ['content-type', 'application/json'], { creates: { agent: 'body:/id' } })).toBe('stream');
  });

  it('but one without a body has nothing to read', () => {
    expect(treated(204, [], { translation: MOVED })).toBe('stream');
    expect(treated(200, [], { translation: MOVED, method: 'HEAD' })).toBe('stream');
  });
});
