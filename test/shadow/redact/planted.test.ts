import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../../shadow/redact/index.ts';

const redactor = createRedactor(Buffer.from('a key of this machine'));
const RUNS = { numRuns: 1500, seed: 21 };

const letters = (min: number, max: number, from: string) =>
  fc.array(fc.constantFrom(...from), { minLength: min, maxLength: max }).map((all) => all.join(''));
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Secrets that show what they are. */
const email = fc
  .tuple(letters(3, 20, `${ALNUM}._+`), letters(2, 12, ALNUM), fc.constantFrom('com', 'org', 'co.uk'))
  .map(([user, host, top]) => `${user}@${host}.${top}`);
const card = fc
  .tuple(fc.constantFrom('4', '51', '37', '6011', '2221'), letters(15, 15, '0123456789'), fc.constantFrom('', ' ', '-'))
  .map(([prefix, rest, separator]) => grouped(luhn(`${prefix}${rest}`.slice(0, 15)), separator));
const jwt = fc
  .tuple(letters(10, 40, ALNUM), letters(10, 40, ALNUM))
  .map(([payload, signature]) => `eyJhbGciOiJIUzI1NiJ9.eyJ${payload}.${signature}`);
const bearer = letters(16, 40, ALNUM).map((token) => ({ planted: `Bearer ${token}`, secret: token }));
const issued = fc
  .tuple(fc.constantFrom('sk-', 'ghp_', 'xoxb-', 'AKIA'), letters(16, 40, ALNUM))
  .map(([prefix, rest]) => prefix + rest);
const visible = fc.oneof(
  fc.oneof(email, card, jwt, issued).map((secret) => ({ planted: secret, secret })),
  bearer,
);

/** Secrets that only their name gives away. */
const secretName = fc.constantFrom(
  'password',
  'X-Api-Key',
  'client_secret',
  'accessToken',
  'Authorization',
  'cookie',
  'db.passphrase',
  'session-key',
);
const hidden = letters(8, 24, `${ALNUM}!$%()*,;:?/.`);

const filler = fc.string({
  unit: fc.constantFrom(...'abc xyz 012 .,;:=&?/-_@"\'\\{}[]<>\n\u00e9\ud83d\ude00'),
  maxLength: 30,
});
const around = (planted: string) => fc.tuple(filler, filler).map(([before, after]) => `${before} ${planted} ${after}`);

describe('a planted secret never comes out', () => {
  test('of a text, however it looks around it', () => {
    const planted = visible.chain(({ planted, secret }) => around(planted).map((text) => ({ text, secret })));
    fc.assert(
      fc.property(planted, ({ text, secret }) => {
        expect(redactor.text(text)).not.toContain(secret);
      }),
      RUNS,
    );
  });

  test('of a JSON body, by look or by name, at any depth', () => {
    const planted = fc.tuple(visible, hidden, secretName, fc.jsonValue(), filler, fc.boolean());
    fc.assert(
      fc.property(planted, ([look, named, name, other, key, whole]) => {
        const value = {
          [key]: [other, { deep: `${key} ${look.planted} ${key}`, [name]: { list: [named, { x: named }] } }],
          [`k ${look.planted}`]: other,
        };
        const text = JSON.stringify(value);
        // Cut off: then it is no JSON, and read as text.
        const body = Buffer.from(whole ? text : text.slice(0, -1));
        const redacted = redactor.body(body, ['Content-Type', 'application/json']);
        expect(redacted).not.toContain(look.secret);
        if (whole) expect(redacted).not.toContain(JSON.stringify(named).slice(1, -1));
      }),
      RUNS,
    );
  });

  test('of a text in which its name stands before it', () => {
    const shape = fc.constantFrom(
      (name: string, value: string) => `${name}=${value}`,
      (name: string, value: string) => `${name}: ${value}`,
      (name: string, value: string) => `${name} = "${value}"`,
      (name: string, value: string) => `{"${name}":"${value}"`,
      (name: string, value: string) => `{\\"${name}\\": \\"${value}\\"}`,
    );
    fc.assert(
      fc.property(filler, secretName, hidden, shape, filler, (before, name, value, write, after) => {
        expect(redactor.text(`${before}\n${write(name, value)}\n${after}`)).not.toContain(value);
      }),
      RUNS,
    );
  });

  test('of headers', () => {
    fc.assert(
      fc.property(secretName, hidden, visible, filler, (name, value, look, text) => {
        const redacted = redactor.headers([name, value, 'X-Note', `${text} ${look.planted}`]).join('\n');
        expect(redacted).not.toContain(value);
        expect(redacted).not.toContain(look.secret);
      }),
      RUNS,
    );
  });

  test('of a target, plain or percent-encoded', () => {
    fc.assert(
      fc.property(secretName, hidden, visible, fc.boolean(), (name, value, look, encode) => {
        const part = (text: string) =>
          encode ? encodeURIComponent(text) : text.replace(/[ &?#/%+]/g, encodeURIComponent);
        const redacted = redactor.target(
          `/users/${part(look.planted)}/x?q=1&${name}=${part(value)}&to=${part(look.planted)}`,
        );
        for (const secret of [value, look.secret, encodeURIComponent(value), encodeURIComponent(look.secret)]) {
          expect(redacted).not.toContain(secret);
        }
      }),
      RUNS,
    );
  });
});

test('redaction costs the same for every character, however the text is built', () => {
  // Built to make a backtracking or rescanning finder quadratic; the test's time limit is the only clock.
  const bodies = [
    'eyJ',
    '@',
    'a@',
    '1',
    '1 ',
    '1234 ',
    ':',
    'password=',
    '-----BEGIN PRIVATE KEY',
    '://',
    'sk-',
    'a.',
    'bearer ',
    '"\\',
    '%40',
    '\u00e9',
  ];
  for (const piece of bodies)
    expect(typeof redactor.text(piece.repeat(Math.ceil(1_000_000 / piece.length)))).toBe('string');
});

function luhn(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function grouped(digits: string, separator: string): string {
  return digits.replace(/(\d{4})(?=\d)/g, `$1${separator}`);
}
