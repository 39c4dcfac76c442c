import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../../src/cli/admin-client.ts';
import type { StatusView } from '../../src/gateway/admin/views.ts';
import { banyanHere, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let folder: string;
let one: Upstream;
let two: Upstream;
let v2: Upstream;
let gateway: Program;
const file = () => join(folder, 'banyan.yaml');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-reload-'));
  one = await startUpstream((_, response) => json(response, { by: 'one' }));
  two = await startUpstream((_, response) => json(response, { by: 'two' }));
  v2 = await startUpstream((_, response) => json(response, { id: 'created-by-v2' }, 201));
  save(billingAt(one.url));
  gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', file(), '--log-level', 'error'],
    /^banyan ready data=(\S+) admin=(\S+)$/,
  );
});
afterEach(async () => {
  await gateway.kill('SIGTERM');
  await Promise.all([one.close(), two.close(), v2.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const billingAt = (legacy: string, more = '') => `  billing:
    match: { prefix: /billing }
    legacy: "${legacy}"
    v2: "${v2.url}"
    affinity: [header:x-tenant, address]
    operations:
      - { name: create, method: POST, path: "/billing/invoices", effect: write, creates: { invoice: "body:/id" } }
${more}`;
const shipping = () => `  shipping: { match: { prefix: /shipping }, legacy: "${two.url}", v2: "${v2.url}" }\n`;

/** `over` stands before the types: other addresses, limits, timeouts. */
function save(types: string, over = ''): void {
  const addresses = /^data:/m.test(over) ? '' : 'data: 127.0.0.1:0\n';
  writeFileSync(file(), `${addresses}admin: 127.0.0.1:0\n${over}types:\n${types}`);
}

const run = (...args: string[]) => banyanHere([...args, '--config', file()]);
const status = async () => (await AdminClient.find({ config: file() })).get<StatusView>('/v1/status');
const ask = (path: string, init?: RequestInit) => fetch(`${gateway.ready[1]}${path}`, init);
const answeredBy = async () => ((await (await ask('/billing/x')).json()) as { by: string }).by;

/** By the command, or by the look at the saved file that came first. */
async function reloaded(revision: number): Promise<void> {
  expect(await run('reload')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`^config revision ${revision} is in force`)),
  });
}

async function until(holds: (view: StatusView) => boolean): Promise<StatusView> {
  let view = await status();
  await expect
    .poll(async () => {
      view = await status();
      return holds(view);
    })
    .toBe(true);
  return view;
}

describe('another config', () => {
  it('takes force by SIGHUP, by a saved file and by command, five times under load, and no call fails', async () => {
    const failed: unknown[] = [];
    const by = { one: 0, two: 0 };
    let going = true;
    const load = Array.from({ length: 32 }, async () => {
      while (going) {
        const response = await ask('/billing/x').catch((error: unknown) => void failed.push(error));
        if (response?.status !== 200) failed.push(response?.status);
        else by[((await response.json()) as { by: 'one' | 'two' }).by] += 1;
      }
    });
    const reloads = [
      () => {},
      () => gateway.signal('SIGHUP'),
      () => run('reload'),
      () => gateway.signal('SIGHUP'),
      () => {},
    ];
    for (const [index, reload] of reloads.entries()) {
      const now = index % 2 === 0 ? 'two' : 'one';
      save(billingAt(now === 'two' ? two.url : one.url));
      await reload();
      await until(({ config }) => config.revision === index + 2);
      expect(await answeredBy()).toBe(now);
      const before = by[now];
      await expect.poll(() => by[now]).toBeGreaterThan(before + 100);
    }
    going = false;
    await Promise.all(load);
    expect(failed).toEqual([]);
  });

  it('leaves a call under way where it began', async () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      one.answer((_, response) => {
        response.write('{"by": ');
        answer = () => response.end('"one"}');
        resolve();
      });
    });
    const slow = ask('/billing/slow');
    await asked;
    save(billingAt(two.url));
    await reloaded(2);
    expect(await answeredBy()).toBe('two');
    answer();
    expect(await (await slow).json()).toEqual({ by: 'one' });
  });

  it('keeps the policy, the owners and the counts of a type that stays', async () => {
    await run('ramp', 'billing', '100%');
    expect((await ask('/billing/invoices', { method: 'POST', body: '{}' })).status).toBe(201);
    const before = (await until(({ types }) => types[0]?.entities.owned.v2 === 1)).types[0];
    save(billingAt(one.url), 'timeouts: { answerMs: 4000 }\n');
    await reloaded(2);
    const after = (await status()).types[0];
    expect(after?.policy).toEqual(before?.policy);
    expect(after?.entities).toEqual(before?.entities);
    expect(after?.calls.answered).toEqual({ legacy: 0, v2: 1 });
  });

  it('adds a type, and drains one that is removed, which comes back with its policy', async () => {
    save(billingAt(one.url, shipping()));
    await reloaded(2);
    await run('shadow', 'shipping');
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      two.answer((_, response) => {
        answer = () => json(response, { by: 'two' });
        resolve();
      });
    });
    const slow = ask('/shipping/slow');
    await asked;
    save(billingAt(one.url));
    await reloaded(3);
    expect((await ask('/shipping/x')).status).toBe(404);
    answer();
    expect((await slow).status).toBe(200);
    await expect.poll(async () => (await run('report', 'shipping')).code).toBe(2); // unknown as soon as it has drained
    two.answer((_, response) => json(response, { by: 'two' }));
    save(billingAt(one.url, shipping()));
    expect((await run('reload')).code).toBe(0);
    expect((await status()).types[1]).toMatchObject({ policy: { stage: 'shadow', revision: 1 } });
    expect((await ask('/shipping/x')).status).toBe(200);
  });

  it('53: is the last one of a storm of saves', async () => {
    for (let n = 0; n < 300; n += 1) {
      save(billingAt(n % 2 === 0 ? one.url : two.url), `timeouts: { answerMs: ${1000 + n} }\n`);
      gateway.signal('SIGHUP');
      if (n % 10 === 0) await status();
    }
    save(billingAt(two.url), 'timeouts: { answerMs: 2000 }\n');
    await until(({ types, config }) => types[0]?.upstreams.legacy === two.url && config.lastError === null);
    expect((await run('reload')).code).toBe(0);
    expect((await run('reload')).stdout).toMatch(/^config revision \d+ is in force already\n$/);
    expect(await answeredBy()).toBe('two');
  });
});

describe('53: a config that cannot be used', () => {
  it('leaves the old one in force; reload prints each problem with its place, status the last', async () => {
    save(billingAt(two.url).replace('legacy:', 'legasy:'));
    const { config } = await until((view) => view.config.lastError !== null);
    expect(config).toMatchObject({
      revision: 1,
      lastError: { message: expect.stringContaining('did you mean "legacy"?') },
    });
    expect(await answeredBy()).toBe('one');

    const reload = await run('reload');
    expect(reload).toMatchObject({ code: 2, stdout: '' });
    expect(reload.stderr).toContain(`${file()}:6:5 types.billing.legasy: `);
    expect((await run('status')).stdout).toMatch(
      /config: revision 1 of .*\nconfig not loaded at .*:\n.*banyan\.yaml:6:5/,
    );
    expect(gateway.stderr()).toContain('the config was not loaded: the old one stays');

    save(billingAt(two.url));
    expect((await until((view) => view.config.lastError === null)).config.revision).toBe(2);
    expect(await answeredBy()).toBe('two');
  });

  it.each([
    [
      'data: 127.0.0.1:1\n',
      /banyan\.yaml:2:7 data: expected "127\.0\.0\.1:0" for as long as the gateway runs, got "127\.0\.0\.1:1"/,
    ],
    ['state: elsewhere\n', /:3:8 state: expected ".*\.banyan" for as long as the gateway runs, got ".*elsewhere"/],
    ['limits: { headerBytesMax: 2048 }\n', /:3:27 limits\.headerBytesMax: expected 65536 for as long/],
  ])('may not change %j while the gateway runs', async (over, says) => {
    const client = await AdminClient.find({ config: file() });
    save(billingAt(two.url), over);
    await expect(client.post('/v1/reload', {})).rejects.toThrow(says);
    expect(await answeredBy()).toBe('one');
  });
});
