import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAddress, removeAddress, writeAddress } from '../../src/gateway/admin/address.ts';
import { banyan, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let folder: string;
let legacy: Upstream;
/** Answers the calls. */
let release: () => void;
let seen: Promise<void>;
const started: Program[] = [];
const file = () => join(folder, 'banyan.yaml');
const state = () => join(folder, '.banyan');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-one-'));
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let note = () => {};
  seen = new Promise((resolve) => {
    note = resolve;
  });
  legacy = await startUpstream((_, response) => {
    note();
    void released.then(() => json(response, {}));
  });
  const type = `{ match: { prefix: /billing }, legacy: "${legacy.url}", v2: "http://127.0.0.1:1" }`;
  const timeouts = 'timeouts: { drainNoticeMs: 0, drainMs: 86400000 }';
  writeFileSync(file(), `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\n${timeouts}\ntypes: { billing: ${type} }\n`);
});
afterEach(async () => {
  release();
  for (const program of started.splice(0)) await program.kill('SIGKILL');
  await legacy.close();
  rmSync(folder, { recursive: true, force: true });
});

const ARGS = () => ['up', '--config', file(), '--log-level', 'error'];

async function up(): Promise<Program> {
  const program = await startProgram('src/cli/main.ts', ARGS(), /^banyan ready data=(\S+) admin=(\S+)$/);
  started.push(program);
  return program;
}

const status = () => banyan(['status', '--config', file()]);
const IN_USE = /banyan\.sqlite is in use by another gateway.*\nhint: .* \[STORE_IN_USE\]/;

describe('two gateways on one state folder', () => {
  it('that start at once: one runs, the other is refused and takes nothing with it', async () => {
    const starts = await Promise.allSettled([up(), up()]);
    const refused = starts.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(1);
    expect(String(refused[0]?.reason)).toMatch(IN_USE);
    expect(await status()).toMatchObject({ code: 0 });
    expect(readAddress(state())?.pid).toBe(started[0]?.pid);
  });

  it('the second is refused until the first has drained and closed its store', async () => {
    const first = await up();
    const slow = fetch(`${first.ready[1]}/billing/slow`);
    await seen;
    first.signal('SIGTERM');
    await expect.poll(async () => (await fetch(`${first.ready[2]}/readyz`)).status).toBe(503);
    expect(await banyan(ARGS())).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(IN_USE) });
    release();
    expect((await slow).status).toBe(200);
    expect(await first.ended).toBe(0);
    await up();
    expect(await status()).toMatchObject({ code: 0 });
  });
});

describe('the address that a gateway leaves', () => {
  const address = (pid: number) => ({ admin: 'http://127.0.0.1:1', data: 'http://127.0.0.1:2', pid });

  it('is removed by that gateway alone', async () => {
    writeAddress(folder, address(7));
    removeAddress(folder, 8);
    expect(readAddress(folder)).toEqual(address(7));
    removeAddress(folder, 7);
    expect(readAddress(folder)).toBeNull();
  });
});
