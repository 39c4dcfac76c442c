import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../shadow/redact/index.ts';

const redactor = createRedactor(Buffer.from('a key of this machine'));
const JSON_TYPE = ['Content-Type', 'application/json'];
const json = (value: unknown) => JSON.parse(redactor.body(Buffer.from(JSON.stringify(value)), JSON_TYPE)) as unknown;
const TOKEN = /^\[secret:[0-9a-f]{10}\]$/;
const JWT = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"sub":"1"}').toString('base64url')}.c2lnbmF0dXJl`;

describe('by name', () => {
  test.each([
    'password',
    'db_password',
    'X-Api-Key',
    'apiKey',
    'Authorization',
    'client_secret',
    'access_token',
    'refreshToken',
    'pin',
    'sessionKey',
    'private_key',
  ])('the value of %s is replaced', (name) => {
    expect(json({ [name]: 'hunter2' })).toEqual({ [name]: expect.stringMatching(TOKEN) });
  });

  test.each(['author', 'footprint', 'passed', 'pinned', 'session_id', 'tokenizer', 'cookbook'])(
    '%s is no secret name',
    (name) => {
      expect(json({ [name]: 'hunter2' })).toEqual({ [name]: 'hunter2' });
    },
  );

  test('everything below a secret name is secret, except that there is nothing', () => {
    expect(json({ credentials: { user: 'ann', keys: ['k1', 42], old: null, valid: true } })).toEqual({
      credentials: {
        user: expect.stringMatching(TOKEN),
        keys: [expect.stringMatching(TOKEN), expect.stringMatching(TOKEN)],
        old: null,
        valid: true,
      },
    });
  });

  test('counts of tokens stay', () => {
    expect(json({ max_tokens: 4096, prompt_tokens: 12 })).toEqual({ max_tokens: 4096, prompt_tokens: 12 });
    expect(redactor.text('max_tokens: 4096, x')).toBe('max_tokens: 4096, x');
  });

  test('a listed name says it of the value beside it', () => {
    expect(
      json([
        { name: 'Authorization', value: 'abc' },
        { name: 'Accept', value: 'abc' },
      ]),
    ).toEqual([
      { name: 'Authorization', value: expect.stringMatching(TOKEN) },
      { name: 'Accept', value: 'abc' },
    ]);
  });

  test.each([
    ['password=hunter2&user=ann', 'password=[secret:X]&user=ann'],
    ['{"password": "hunter2", "user": "ann', '{"password": "[secret:X]", "user": "ann'],
    ['{\\"password\\":\\"hunter2\\",\\"user\\":\\"ann\\"}', '{\\"password\\":\\"[secret:X]\\",\\"user\\":\\"ann\\"}'],
    ["password='hun\\'ter2' user", "password='[secret:X]' user"],
    ['Cookie: sid=1; theme=dark\nAccept: */*', 'Cookie: [secret:X]\nAccept: */*'],
    ['Authorization: Digest username=ann, nonce=1\nHost: x', 'Authorization: [secret:X]\nHost: x'],
    ['{"secret": "cut off in the mid', '{"secret": "[secret:X]'],
  ])('%j in a text', (text, expected) => {
    expect(redactor.text(text).replace(/secret:[0-9a-f]{10}/g, 'secret:X')).toBe(expected);
  });
});

describe('by look', () => {
  test.each([
    ['mail ann.lee+x@example.co.uk now', 'mail [email:X] now'],
    ['ann%40example.com', '[email:X]'],
    ['card 4111 1111 1111 1111 ok', 'card [card:X] ok'],
    ['card 4111-1111-1111-1111', 'card [card:X]'],
    ['378282246310005.', '[card:X].'],
    ['1234 5555555555554444 1', '1234 [card:X] 1'],
    [`see ${JWT}.`, 'see [secret:X]'],
    ['sent Bearer abcdef123456 along', 'sent Bearer [secret:X] along'],
    ['postgres://app:hunter2@db:5432/x', 'postgres://[secret:X]@db:5432/x'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [secret:X]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', '[secret:X]-----END RSA PRIVATE KEY-----'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '[secret:X]'],
  ])('%j', (text, expected) => {
    expect(redactor.text(text).replace(/:[0-9a-f]{10}\]/g, ':X]')).toBe(expected);
  });

  test.each([
    '4111 1111 1111 1112',
    '1724080000123456',
    '018f3a5c-7b1e-8abc-8123-0123456789ab',
    'agent-00000001',
    'retry @ 5',
    '@scope/pkg',
    'a plain sentence: with a colon',
    'https://example.com/a@b',
  ])('%j is left alone', (text) => {
    expect(redactor.text(text)).toBe(text);
  });

  test('a card number may be a JSON number, and an address a key', () => {
    expect(json({ paid_with: 4111111111111111, 'ann@example.com': 1 })).toEqual({
      paid_with: expect.stringMatching(/^\[card:/),
      [redactor.text('ann@example.com')]: 1,
    });
  });
});

describe('tokens', () => {
  test('equal secrets stay equal, others differ, and another key gives others', () => {
    const other = createRedactor(Buffer.from('a key of that machine'));
    expect(redactor.text('a@x.org b@x.org a@x.org')).toMatch(/^(\[email:\w+\]) (?!\1)\[email:\w+\] \1$/);
    expect(other.text('a@x.org')).not.toBe(redactor.text('a@x.org'));
  });
});

describe('headers, targets, bodies, renderings', () => {
  test('headers by name and by look, the scheme stays', () => {
    const [, authorization, , cookie, , host, , from] = redactor.headers([
      'Authorization',
      'Bearer abc',
      'Set-Cookie',
      'sid=1; Path=/',
      'Host',
      'example.com',
      'From',
      'ann@example.com',
    ]);
    expect(authorization).toMatch(/^Bearer \[secret:\w+\]$/);
    expect(cookie).toMatch(TOKEN);
    expect(host).toBe('example.com');
    expect(from).toMatch(/^\[email:\w+\]$/);
  });

  test('targets: query values by name, all parts by look, also percent-encoded', () => {
    const mail = redactor.text('ann@example.com');
    expect(redactor.target('/users/ann%40example.com?q=1&to=ann%40example.com')).toBe(`/users/${mail}?q=1&to=${mail}`);
    expect(redactor.target('/a?api_key=x%20y&q=a%20b')).toMatch(/^\/a\?api_key=\[secret:\w+\]&q=a%20b$/);
    expect(redactor.target('/a?p%61ssword=%ff%fe')).toMatch(/^\/a\?p%61ssword=\[secret:\w+\]$/);
  });

  test('binary and long bodies are described', () => {
    expect(redactor.body(Buffer.from([0, 1]), ['Content-Type', 'image/png'])).toBe('2 bytes of image/png');
    expect(redactor.body(Buffer.alloc(70_000, 'a'), ['Content-Type', 'text/plain'])).toBe('70000 bytes of text/plain');
  });

  test('a body that is no JSON is read as text, one too deep is described', () => {
    expect(redactor.body(Buffer.from('{"password":"hunter2"'), JSON_TYPE)).toMatch(/^\{"password":"\[secret:\w+\]"$/);
    expect(redactor.body(Buffer.from('['.repeat(1000)), JSON_TYPE)).toBe(
      '1000 characters of JSON, too complex to show',
    );
  });

  test('renderings by the names of their pointer and by look', () => {
    expect(redactor.rendering('"hunter2"', '/users/0/password')).toMatch(/^"\[secret:\w+\]"$/);
    expect(redactor.rendering('1234', '/pin')).toMatch(TOKEN);
    expect(redactor.rendering('"x\\nann@example.com"', '/a')).toBe(
      JSON.stringify(`x\n${redactor.text('ann@example.com')}`),
    );
    expect(redactor.rendering('absent', '/password')).toBe('absent');
    expect(redactor.rendering('"a…" (of 300 characters)', '/a')).toBe('"a…" (of 300 characters)');
    expect(redactor.rendering('"not closed', '/a')).toBe('"not closed');
  });
});
