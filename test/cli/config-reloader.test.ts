import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigReloader } from '../../src/cli/up/config-reloader.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';

let folder: string;
let file: string;
let applied: number[];
/** Ends the reload that is being applied. */
let finish: () => void;
let applying: () => Promise<void>;
let reloader: ConfigReloader;

function save(answerMs: number): void {
  const billing = '{ legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" }';
  writeFileSync(file, `timeouts: { answerMs: ${answerMs} }\ntypes: { billing: ${billing} }\n`);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-reloader-'));
  file = join(folder, 'banyan.yaml');
  applied = [];
  let begins = () => {};
  applying = () =>
    new Promise((resolve) => {
      begins = resolve;
    });
  save(1);
  const apply = async ({ timeouts }: Config) => {
    applied.push(timeouts.answerMs);
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    begins();
    await finished;
    return { added: [], changed: ['billing'], removed: [] };
  };
  const config = await loadConfig(file, {});
  reloader = new ConfigReloader({
    file,
    builtIn: {},
    config,
    apply,
    logger: pino({ level: 'silent' }),
    nowMs: () => 7,
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

it('reloads one at a time, and all that is asked for meanwhile at once, with the file as it is then', async () => {
  save(2);
  const first = applying();
  const early = reloader.reload();
  await first;
  save(3);
  const late = [reloader.reload(), reloader.reload()];
  save(4);
  late.push(reloader.reload());
  expect(applied).toEqual([2]);
  const second = applying();
  finish();
  await second;
  expect(applied).toEqual([2, 4]);
  finish();
  expect((await early).config.revision).toBe(2);
  for (const result of await Promise.all(late)) expect(result.config.revision).toBe(3);
  expect(reloader.view()).toEqual({ file, revision: 3, loadedAtMs: 7, lastError: null });
});

it('applies nothing when the file says what is in force', async () => {
  writeFileSync(
    file,
    `# a remark\n${'timeouts: { answerMs: 1 }'}\ntypes: { billing: { legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" } }\n`,
  );
  expect(await reloader.reload()).toMatchObject({ change: null, config: { revision: 1 } });
  expect(applied).toEqual([]);
});

it('goes on after a file that cannot be used', async () => {
  writeFileSync(file, 'types: [');
  await expect(reloader.reload()).rejects.toThrow('banyan.yaml:1:');
  expect(reloader.view().lastError?.message).toContain('banyan.yaml:1:');
  save(5);
  const begun = applying();
  const reloaded = reloader.reload();
  await begun;
  finish();
  expect((await reloaded).config).toMatchObject({ revision: 2, lastError: null });
});

it('watches the files that a config names which cannot be used for want of one of them', async () => {
  const billing = '{ legacy: { instances: ["https://127.0.0.1:1"], tls: { ca: ca.pem } }, v2: "http://127.0.0.1:2" }';
  const tls = 'tls: { cert: cert.pem, key: key.pem }';
  const config = (over: string) => `timeouts: { answerMs: 1 }\n${over}\ntypes: { billing: ${billing} }\n`;
  const named = (...names: string[]) => [file, ...names.map((name) => join(folder, name))];
  expect(reloader.files()).toEqual([file]);

  writeFileSync(file, config(tls));
  await expect(reloader.reload()).rejects.toThrow('no such file');
  expect(reloader.files()).toEqual(named('cert.pem', 'key.pem'));
  writeFileSync(file, config(''));
  await expect(reloader.reload()).rejects.toThrow('no such file');
  expect(reloader.files()).toEqual(named('ca.pem'));

  save(1);
  await reloader.reload();
  expect(reloader.files()).toEqual([file]);
});
