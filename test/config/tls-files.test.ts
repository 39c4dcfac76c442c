import { createPrivateKey } from 'node:crypto';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, ConfigError, formatProblem, loadConfig } from '../../src/config/index.ts';
import { readTlsFiles } from '../../src/config/tls-files.ts';

let folder: string;
const CERTIFICATES = fileURLToPath(new URL('../support/certificates/', import.meta.url));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-tls-'));
  put('server', 'cert.pem');
  put('server-key', 'key.pem');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A file of the tests' certificates, as its owner would keep it. */
function put(name: string, as: string): void {
  copyFileSync(join(CERTIFICATES, `data-port-${name}.pem`), join(folder, as));
  chmodSync(join(folder, as), 0o600);
}

const SIDES = 'legacy: "http://127.0.0.1:9001", v2: "http://127.0.0.1:9002"';

function load(tls: string, running?: Config): Promise<Config> {
  const file = join(folder, 'banyan.yaml');
  writeFileSync(file, `${tls}\ntypes: { billing: { ${SIDES} } }\n`);
  return loadConfig(file, {}, running === undefined ? undefined : { config: running, hosted: [] });
}

async function problems(tls: string, running?: Config): Promise<readonly string[]> {
  try {
    await load(tls, running);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
}

const TLS = 'tls: { cert: cert.pem, key: key.pem }';
const BOTH = { cert: 'cert.pem', key: 'key.pem', minVersion: 'TLSv1.2' } as const;

describe('the files of tls', () => {
  it('are read from the folder of the config', async () => {
    const { tls, files, warnings } = await load(TLS);
    expect(tls).toMatchObject({ minVersion: 'TLSv1.2', asksForCertificate: false });
    expect(files).toEqual([join(folder, 'cert.pem'), join(folder, 'key.pem')]);
    expect(tls?.certificates.pem().key.toString()).toContain('PRIVATE KEY');
    expect(warnings).toEqual([]);
  });

  it('are told apart by their digest, and printed by nothing else', async () => {
    const one = await load(TLS);
    const same = await load(TLS);
    expect(isDeepStrictEqual(one, same)).toBe(true);
    put('renewed', 'cert.pem');
    put('renewed-key', 'key.pem');
    const other = await load(TLS);
    expect(isDeepStrictEqual(one, other)).toBe(false);
    const body = one.tls?.certificates.pem().key.toString('base64') ?? '';
    expect(body.length).toBeGreaterThan(100);
    for (const printed of [JSON.stringify(one), inspect(one, { depth: null, showHidden: true })]) {
      expect(printed).not.toContain('PRIVATE KEY');
      expect(printed).not.toContain(body.slice(0, 40));
    }
  });

  it('are refused with their place when the key is that of another certificate', async () => {
    put('renewed-key', 'key.pem');
    expect(await problems(TLS)).toEqual([
      '1:29 tls.key: expected the private key of the certificate in "cert", got that of another',
    ]);
  });

  it('are refused when they are not there, or are something else, all at once and without what stands in them', async () => {
    writeFileSync(join(folder, 'key.pem'), '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n');
    const found = await problems('tls: { cert: none.pem, key: key.pem, ca: . }');
    expect(found).toEqual([
      expect.stringMatching(/^1:14 tls\.cert: expected a readable file, got ".*none\.pem" \(no such file\)$/),
      expect.stringMatching(/^1:29 tls\.key: expected a private key in PEM, without a passphrase \(the error ERR_/),
      expect.stringMatching(/^1:42 tls\.ca: expected a readable file, got ".*" \(it is no file\)$/),
    ]);
    expect(found.join()).not.toContain('secret');
    writeFileSync(join(folder, 'cert.pem'), 'no certificate');
    put('server-key', 'key.pem');
    expect(await problems(TLS)).toEqual([
      '1:14 tls.cert: expected a file with certificates in PEM (it holds no "BEGIN CERTIFICATE")',
    ]);
  });

  it('are refused when the key has a passphrase', async () => {
    const key = createPrivateKey(readFileSync(join(folder, 'key.pem')));
    const locked = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
    writeFileSync(join(folder, 'key.pem'), locked);
    expect(await problems(TLS)).toEqual([expect.stringContaining('tls.key: expected a private key in PEM, without')]);
  });

  it('are warned of when everybody can read the key', async () => {
    chmodSync(join(folder, 'key.pem'), 0o644);
    const { warnings } = await load(TLS);
    expect(warnings.map(formatProblem)).toEqual([
      expect.stringMatching(
        /banyan\.yaml:1:29 tls\.key: expected a private key that its owner alone can read, got the permissions 0644$/,
      ),
    ]);
    chmodSync(join(folder, 'key.pem'), 0o640);
    expect((await load(TLS)).warnings).toEqual([]);
  });

  it('are warned of when the certificate is not valid yet, soon not any more, or no more', () => {
    const warnedAt = (date: string) =>
      readTlsFiles(BOTH, folder, Date.parse(date)).warnings.map(({ path, message }) => [path, message]);
    const cert = (what: string) => [['tls', 'cert'], expect.stringContaining(what)];
    expect(warnedAt('2030-01-01')).toEqual([]);
    expect(warnedAt('2020-01-01')).toEqual([cert('which is from')]);
    expect(warnedAt('2126-10-20')).toEqual([cert('expected a certificate that stays valid')]);
    expect(warnedAt('2130-01-01')).toEqual([cert('which was until')]);
  });
});

describe('a gateway that runs', () => {
  it('takes other certificates and another version, but not TLS where there was none, or none where there was', async () => {
    const secure = await load(TLS);
    put('renewed', 'cert.pem');
    put('renewed-key', 'key.pem');
    expect(await problems('tls: { cert: cert.pem, key: key.pem, minVersion: TLSv1.3 }', secure)).toEqual([]);
    expect(await problems('', secure)).toEqual([expect.stringContaining('tls: expected TLS for as long as')]);
    const plain = await load('');
    expect(await problems(TLS, plain)).toEqual([expect.stringContaining('1:6 tls: expected no TLS for as long as')]);
    put('ca', 'ca.pem');
    expect(await problems('tls: { cert: cert.pem, key: key.pem, ca: ca.pem }', secure)).toEqual([
      expect.stringContaining('tls.ca: expected no authorities for as long as'),
    ]);
  });
});

describe('the data port', () => {
  it.each([
    ['data: "unix:run/b.sock"', 'data: expected "unix:" and an absolute path'],
    [`data: "unix:/${'x'.repeat(110)}"`, 'data: expected "unix:" and an absolute path of at most 103 bytes'],
    ['unixMode: "0600"', 'unixMode: expected "data" to be a Unix socket where its permissions are given'],
    ['{ data: "unix:/b.sock", unixMode: 660 }', 'unixMode: expected permissions in octal and in quotes'],
    ['{ data: "unix:/b.sock", unixMode: "9999" }', 'unixMode: expected permissions in octal and in quotes'],
    [`{ data: "unix:/b.sock", ${TLS} }`, 'tls: expected no TLS on a Unix socket'],
  ])('%s is refused', async (text, says) => {
    const flow = text.startsWith('{')
      ? text
          .slice(1, -1)
          .replaceAll(/, (?=unixMode|tls)/g, '\n')
          .trim()
      : text;
    expect(await problems(flow)).toEqual([expect.stringContaining(says)]);
  });

  it('can be a Unix socket with permissions of its own', async () => {
    expect((await load('data: unix:/run/b.sock')).data).toEqual({ unix: '/run/b.sock', mode: 0o660 });
    const config = await load('data: unix:/run/b.sock\nunixMode: "0600"');
    expect(config.data).toEqual({ unix: '/run/b.sock', mode: 0o600 });
    expect(await problems('data: unix:/run/b.sock', config)).toEqual([
      expect.stringContaining('unixMode: expected "600"'),
    ]);
  });
});
