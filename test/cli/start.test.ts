import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { banyan, banyanHere, type Program, runToEnd, startProgram } from '../support/programs.ts';

let folder: string;
const file = () => join(folder, 'banyan.yaml');
const state = (name: string) => join(folder, '.banyan', name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-start-'));
  save('');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A type of the bundled v2 host: a start that fails must end that process too. */
function save(over: string): void {
  const addresses = over.startsWith('data:') ? '' : 'data: 127.0.0.1:0\n';
  const types = 'types: { simple_orchestrator: { legacy: "http://127.0.0.1:1" } }';
  writeFileSync(file(), `${addresses}admin: 127.0.0.1:0\n${over}${types}\n`);
}

const up = (): Promise<Program> =>
  startProgram('src/cli/main.ts', ['up', '--config', file(), '--log-level', 'error'], /^banyan ready data=(\S+)/);
const run = (...args: string[]) => banyanHere([...args, '--config', file()]);

/** An error line, its hint, and nothing else. */
const oneLine = (says: string) => new RegExp(`^error [^\\n]*${says}[^\\n]*\\nhint: [^\\n]*\\n$`);

describe('52: a start that cannot succeed ends with one line that says why', () => {
  it('when the data port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    save(`data: 127.0.0.1:${port}\n`);
    const result = await banyan(['up', '--config', file(), '--log-level', 'error']);
    expect(result).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(oneLine(`the data port cannot be opened: .*EADDRINUSE.*${port}`)),
    });
    other.close();
  });

  it.each([
    ['cannot be made', '/sys/banyan', 'the state folder /sys/banyan cannot be used: E(PERM|ACCES)'],
    ['is a file', 'banyan.yaml', 'the state folder .*banyan.yaml cannot be used: EEXIST'],
  ])('when the state folder %s', async (_, path, says) => {
    save(`state: ${path}\n`);
    const result = await banyan(['up', '--config', file(), '--log-level', 'error']);
    expect(result).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(oneLine(says)) });
  });

  // A limit on the size of files stands for a disk that is full: 0 bytes at once, 8 KiB in the middle of the tables.
  it.each([0, 8])('when the disk is full after %i KiB', async (kib) => {
    const program = join(import.meta.dirname, '../../src/cli/main.ts');
    const script = `trap '' XFSZ; ulimit -f ${kib}; exec "$@"`;
    const args = ['-c', script, 'bash', process.execPath, program, 'up', '--config', file(), '--log-level', 'error'];
    const result = await runToEnd('bash', args);
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(oneLine('the state folder .*\\.banyan cannot be used')),
    });
    const gateway = await up(); // with room again, nothing that was half written is in the way
    expect((await run('status')).code).toBe(0);
    await gateway.kill('SIGTERM');
  });

  it('when the state is no state', async () => {
    await (await up()).kill('SIGTERM');
    writeFileSync(state('banyan.sqlite'), 'something else entirely, and long enough to have a header'.repeat(100));
    const result = await banyan(['up', '--config', file(), '--log-level', 'error']);
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(oneLine('the state folder .* cannot be used: file is not a database')),
    });
  });
});

describe('52: a start after kill -9', () => {
  it('goes on from what was durable, whatever was half written', async () => {
    const before = await up();
    await run('ramp', 'simple_orchestrator', '5%', '--reason', 'kept');
    await before.kill('SIGKILL');
    writeFileSync(state('gateway.json'), '{"admin": "http://127.');
    writeFileSync(state('gateway.json.tmp'), '{');
    writeFileSync(state('admin.token.tmp'), 'half');
    appendFileSync(state('banyan.sqlite-wal'), Buffer.alloc(5000, 7));

    const after = await up();
    const { types } = JSON.parse((await run('status', '--json')).stdout) as { types: { policy: object }[] };
    expect(types[0]?.policy).toMatchObject({ stage: 'ramp', sharePpm: 50_000, revision: 1 });
    await after.kill('SIGTERM');
  });

  it('loses what was being committed, and no more', async () => {
    const before = await up();
    await run('shadow', 'simple_orchestrator');
    const durable = readFileSync(state('banyan.sqlite-wal')).byteLength;
    await run('live', 'simple_orchestrator');
    await before.kill('SIGKILL');
    truncateSync(state('banyan.sqlite-wal'), durable + 100); // the log ends in the middle of the second move

    const after = await up();
    const { types } = JSON.parse((await run('status', '--json')).stdout) as { types: { policy: object }[] };
    expect(types[0]?.policy).toMatchObject({ stage: 'shadow', revision: 1 });
    await after.kill('SIGTERM');
  });

  it.each(['', 'tooshort'])('makes a secret anew that was never whole: %j', async (half) => {
    await (await up()).kill('SIGKILL');
    for (const name of ['admin.token', 'redaction.key']) writeFileSync(state(name), half);
    const after = await up();
    expect((await run('status')).code).toBe(0);
    for (const name of ['admin.token', 'redaction.key'])
      expect(readFileSync(state(name), 'utf8')).toMatch(/^[\w-]{43}\n$/);
    await after.kill('SIGTERM');
  });
});

describe('a signal during the start', () => {
  it.each(['SIGHUP', 'SIGUSR2'] as const)('does not end the gateway when it is %s', async (signal) => {
    const starting = up();
    // Held from the start on; the v2 host is still to be started then.
    await expect.poll(() => holderOf(state('banyan.sqlite-lock')), { interval: 5 }).not.toBeNull();
    process.kill(holderOf(state('banyan.sqlite-lock')) as number, signal);
    const gateway = await starting;
    expect((await run('status')).code).toBe(0);
    await gateway.kill('SIGTERM');
  });
});

/** The process that has a state folder, as its lock says. */
function holderOf(lock: string): number | null {
  if (!existsSync(lock)) return null;
  const database = new DatabaseSync(lock, { readOnly: true });
  try {
    return Number(database.prepare('SELECT pid FROM holder').get()?.pid ?? Number.NaN) || null;
  } catch {
    return null; // it is being written
  } finally {
    database.close();
  }
}
