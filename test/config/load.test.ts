import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigError, findConfig, loadConfig } from '../../src/config/index.ts';
import { BanyanError } from '../../src/contract/errors.ts';
import { BUILT_IN } from './samples.ts';

const SOUND = 'types: { simple_orchestrator: { legacy: "http://127.0.0.1:9101" } }';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'banyan-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

async function refusal(file: string): Promise<ConfigError> {
  return loadConfig(file, BUILT_IN).then(
    () => Promise.reject(new Error(`${file} was loaded`)),
    (error: ConfigError) => error,
  );
}

describe('loading', () => {
  it('reads a file and resolves the state folder against its folder', async () => {
    const config = await loadConfig(await written('some.yaml', SOUND), BUILT_IN);

    expect(config.types.map(({ name }) => name)).toEqual(['simple_orchestrator']);
    expect(config.state).toBe(join(folder, '.banyan'));
  });

  it('throws an error with its code, its hint, and all problems', async () => {
    const file = await written('banyan.yaml', 'types: {}\nstat: x');
    const error = await refusal(file);

    expect(error).toBeInstanceOf(BanyanError);
    expect(error).toMatchObject({ name: 'ConfigError', code: 'BAD_CONFIG', status: 422 });
    expect(error.hint).toContain('banyan validate');
    expect(error.problems.map(({ line, column, path }) => [line, column, path])).toEqual([
      [1, 8, 'types'],
      [2, 1, 'stat'],
    ]);
    expect(error.problems.every((problem) => problem.file === file)).toBe(true);
    expect(error.message.split('\n')).toHaveLength(2);
    expect(error.message).toContain(`${file}:1:8 types: expected at least one type, got an empty mapping`);
  });

  it('lists fifty problems and counts the others', async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `k${index}: 1`);
    const error = await refusal(await written('banyan.yaml', `${SOUND}\n${lines.join('\n')}`));

    expect(error.problems).toHaveLength(60);
    expect(error.message.split('\n')).toHaveLength(51);
    expect(error.message).toMatch(/\n\.\.\. and 10 more problems$/);
  });

  it.each([
    ['missing', (file: string) => file, 'expected a readable file, got no such file'],
    ['a folder', (file: string) => mkdir(file), 'expected a readable file, got a folder'],
    ['a loop of links', (file: string) => symlink(file, file), 'expected a readable file, got too many symbolic links'],
    ['UTF-16', (file: string) => writeFile(file, `\ufeff${SOUND}`, 'utf16le'), 'expected UTF-8 text, got other bytes'],
    ['Latin-1', (file: string) => writeFile(file, `# é\n${SOUND}`, 'latin1'), 'expected UTF-8 text, got other bytes'],
    [
      'over 256 KiB',
      async (file: string) => {
        await writeFile(file, SOUND);
        await truncate(file, 256 * 1024 + 1);
      },
      'expected a file of at most 262144 bytes, got a longer one',
    ],
  ])('refuses a file that is %s', async (_, make, message) => {
    const file = join(folder, 'banyan.yaml');
    await make(file);
    const error = await refusal(file);

    expect(error.problems).toEqual([{ file, line: 0, column: 0, path: '', message }]);
    expect(error.message).toBe(`${file}: ${message}`);
  });

  it('takes a file of exactly 256 KiB', async () => {
    const file = await written('banyan.yaml', SOUND.padEnd(256 * 1024, '\n'));

    expect((await loadConfig(file, BUILT_IN)).types).toHaveLength(1);
  });

  it('takes a thousand types with operations of their own', async () => {
    const types = Array.from({ length: 1000 }, (_, n) => {
      const operation = `{ name: get_x, method: GET, path: "/t${n}/x/:id", effect: read, names: { x: path.id } }`;
      const sides = `legacy: "http://10.0.0.1:${n + 1}"\n    v2: "http://10.0.0.2:${n + 1}"`;
      return `  t${n}:\n    match: { prefix: /t${n} }\n    ${sides}\n    operations:\n      - ${operation}\n`;
    });
    const file = await written('banyan.yaml', `types:\n${types.join('')}`);
    expect((await loadConfig(file, BUILT_IN)).types).toHaveLength(1000);
  });

  it('reads a pipe at the start, and does not wait for one while the gateway runs', async () => {
    const file = join(folder, 'banyan.yaml');
    execFileSync('mkfifo', [file]);
    const [config] = await Promise.all([loadConfig(file, BUILT_IN), writeFile(file, SOUND)]);
    expect(config.types).toHaveLength(1);
    const problem = { file, line: 0, column: 0, path: '', message: 'expected a readable file, got something else' };
    await expect(loadConfig(file, BUILT_IN, { config, hosted: [] })).rejects.toMatchObject({ problems: [problem] });
  });
});

describe('finding', () => {
  it('prefers .yaml to .yml to .json, and finds nothing in an empty folder', async () => {
    expect(await findConfig(folder)).toBeNull();
    expect(await findConfig(join(folder, 'nowhere'))).toBeNull();
    for (const name of ['banyan.json', 'banyan.yml', 'banyan.yaml']) {
      const file = await written(name, SOUND);
      expect(await findConfig(folder)).toBe(file);
    }
  });

  it('finds a file that cannot be read, so that loading it says why', async () => {
    const file = join(folder, 'banyan.yaml');
    await symlink(file, file);

    expect(await findConfig(folder)).toBe(file);
  });
});
