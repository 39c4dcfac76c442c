import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, ConfigError, configWarnings, describeConfig, formatProblem } from '../../src/config/index.ts';
import { parsed, problemsIn } from './samples.ts';

const CERTIFICATES = fileURLToPath(new URL('../support/certificates', import.meta.url));
const pem = (name: string) => readFileSync(join(CERTIFICATES, name), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-pem-'));
  cpSync(CERTIFICATES, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const withLegacy = (legacy: string) => `types:\n  a:\n    legacy: ${legacy}\n    v2: "http://v2"`;
const load = (legacy: string): Config => parsed(withLegacy(legacy), join(folder, 'banyan.yaml'));
const legacyOf = (text: string) => load(text).types[0]?.legacy;

function problems(legacy: string): readonly string[] {
  try {
    load(legacy);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).slice(join(folder, 'banyan.yaml').length + 1));
  }
  return [];
}

describe('the instances of a side', () => {
  it.each([
    ['"http://one"', ['http://one']],
    ['["http://one"]', ['http://one']],
    ['["http://one/", "https://two/base", "unix:/run/three"]', ['http://one', 'https://two/base', 'unix:/run/three']],
    ['{ instances: ["http://one", "http://two"] }', ['http://one', 'http://two']],
  ])('%s', (text, instances) => {
    expect(legacyOf(text)).toEqual({ instances, tls: null });
  });

  it.each([
    ['[]', '3:13 types.a.legacy: expected a list of 1 to 64 URLs, got an empty list'],
    ['{}', '3:5 types.a.legacy.instances: expected a list of 1 to 64 URLs, got nothing'],
    ['["http://one", 2]', '3:28 types.a.legacy[1]: expected an http:// or https:// URL, got 2'],
    [
      '{ instances: ["http://one"], tsl: {} }',
      '3:42 types.a.legacy.tsl: expected one of the keys instances, tls, got "tsl"; did you mean "tls"?',
    ],
    [
      '{ instances: ["https://one"], tls: { servernam: x } }',
      '3:50 types.a.legacy.tls.servernam: expected one of the keys ca, cert, key, servername, insecure, got "servernam"; did you mean "servername"?',
    ],
    ['["http://one", "http://ONE/"]', '3:28 types.a.legacy[1]: expected each instance once, got "http://one" again'],
    [
      '["http://one", "http://v2"]',
      '4:9 types.a.v2: expected another address than the legacy side\'s, got "http://v2" for both (a mirrored write would reach it twice)',
    ],
    [
      '{ instances: ["http://one", "http://127.0.0.1:8080"] }',
      '3:41 types.a.legacy.instances[1]: expected the address of another service, got "http://127.0.0.1:8080", which is Banyan\'s own "data" address',
    ],
  ])('%s is refused where it is wrong', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('are at most 64', () => {
    const many = (count: number) => JSON.stringify(Array.from({ length: count }, (_, index) => `http://h${index}`));
    expect(load(many(64)).types[0]?.legacy.instances).toHaveLength(64);
    expect(problems(many(65))).toEqual(['3:13 types.a.legacy: expected a list of 1 to 64 URLs, got a list']);
  });
});

describe('TLS of a side', () => {
  const side = (tls: string) => `{ instances: ["https://one"], tls: ${tls} }`;

  it('has the contents of its files, which stand beside the config file', () => {
    expect(legacyOf(side('{ ca: ca.pem, cert: ./client.pem, key: client-key.pem, servername: One.Internal }'))).toEqual(
      {
        instances: ['https://one'],
        tls: {
          ca: pem('ca.pem'),
          identity: { cert: pem('client.pem'), key: pem('client-key.pem') },
          servername: 'one.internal',
          insecure: false,
        },
      },
    );
  });

  it('takes absolute paths, and files of several certificates', () => {
    writeFileSync(join(folder, 'both.pem'), `# two\n${pem('ca.pem')}${pem('localhost.pem')}`);
    expect(legacyOf(side(`{ ca: "${folder}/both.pem" }`))?.tls?.ca).toContain('# two');
  });

  it('names its files, so that a change of one of them is seen', () => {
    const { files } = load(side('{ ca: ca.pem, cert: ./client.pem, key: client-key.pem }'));
    expect(files).toEqual(['ca.pem', 'client.pem', 'client-key.pem'].map((name) => join(folder, name)));
  });

  it('is another config once a file has changed, so that a reload takes it', () => {
    const before = load(side('{ ca: ca.pem }'));
    cpSync(join(folder, 'localhost.pem'), join(folder, 'ca.pem'));
    expect(load(side('{ ca: ca.pem }'))).not.toEqual(before);
  });

  it.each([
    ['{ ca: none.pem }', 'ca: expected a file with certificates in PEM, got "none.pem" (no such file)'],
    ['{ ca: . }', 'ca: expected a file with certificates in PEM, got "." (it is no file)'],
    [
      '{ ca: make.sh }',
      'ca: expected a file with certificates in PEM, got "make.sh" (it holds no "BEGIN CERTIFICATE")',
    ],
    ['{ ca: 3 }', 'ca: expected the path of a PEM file, got 3'],
    ['{ cert: client.pem }', ': expected "key" as well, got "cert" alone'],
    ['{ key: client-key.pem }', ': expected "cert" as well, got "key" alone'],
    [
      '{ cert: client.pem, key: localhost-key.pem }',
      'key: expected the private key of "client.pem", got "localhost-key.pem" (the error ERR_OSSL_X509_KEY_VALUES_MISMATCH)',
    ],
    ['{ servername: 10.0.0.1 }', 'servername: expected a host name, such as billing.internal, got "10.0.0.1"'],
    ['{ insecure: yes }', 'insecure: expected true or false, got "yes"'],
  ])('%s is refused where it is wrong', (tls, problem) => {
    expect(problems(side(tls))).toEqual([expect.stringContaining(problem)]);
    expect(problems(side(tls))[0]).toMatch(/^3:\d+ types\.a\.legacy\.tls/);
  });

  it('refuses an authority whose second certificate is broken', () => {
    writeFileSync(join(folder, 'bad.pem'), `${pem('ca.pem')}${pem('ca.pem').replace(/\nMII/, '\nXXX')}`);
    expect(problems(side('{ ca: bad.pem }'))).toEqual([
      expect.stringMatching(
        /^3:\d+ types\.a\.legacy\.tls\.ca: expected a file with certificates in PEM, got "bad\.pem"/,
      ),
    ]);
  });

  it('refuses a key that is none, without a word of what it holds', () => {
    writeFileSync(join(folder, 'bad-key.pem'), '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n');
    const [problem] = problems(side('{ cert: client.pem, key: bad-key.pem }'));
    expect(problem).toContain('tls.key: expected a file with a private key in PEM, without a passphrase');
    expect(problem).not.toContain('SECRET');
  });

  it('is for https:// alone', () => {
    expect(problemsIn(withLegacy('{ instances: ["https://one", "http://two", "unix:/three"], tls: {} }'))).toEqual([
      '3:42 types.a.legacy.instances[1]: expected an https:// URL, because the side has "tls", got "http://two"',
      '3:56 types.a.legacy.instances[2]: expected an https:// URL, because the side has "tls", got "unix:/three"',
    ]);
  });

  it('says so, every time, when certificates are not checked', () => {
    expect(configWarnings(load(side('{ servername: x }')))).toEqual([]);
    const insecure = load(side('{ insecure: true }'));
    expect(configWarnings(insecure)).toEqual([
      expect.stringMatching(/^types\.a\.legacy\.tls\.insecure: certificates are not checked/),
    ]);
    expect(describeConfig(insecure)).toContain('legacy      https://one (certificates not checked)');
  });
});

it('several instances are described in one line', () => {
  expect(describeConfig(load('["http://one", "unix:/run/two"]'))).toContain('legacy      http://one, unix:/run/two\n');
});
