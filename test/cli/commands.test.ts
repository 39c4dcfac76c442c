import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { banyan, banyanHere, type Program, startProgram } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let folder: string;
let legacy: Upstream;
let v2: Upstream;
let gateway: Program;
let data: string;
const file = () => join(folder, 'banyan.yaml');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-cli-'));
  process.chdir(folder);
  legacy = await startUpstream(({ url }, response) => json(response, { url }));
  v2 = await startUpstream(({ url }, response) => json(response, { url }));
  writeFileSync(
    file(),
    `data: 127.0.0.1:0
admin: 127.0.0.1:0
types:
  billing:
    match: { prefix: /billing }
    legacy: "${legacy.url}"
    v2: "${v2.url}"
    affinity: [header:x-tenant, address]
    operations:
      - { name: get_invoice, method: GET, path: "/billing/invoices/:id", effect: read, names: { invoice: path.id } }
`,
  );
  gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', file(), '--log-level', 'error'],
    /^banyan ready data=(\S+) admin=(\S+)$/,
  );
  data = gateway.ready[1] ?? '';
});
afterAll(async () => {
  await gateway.kill('SIGTERM');
  await Promise.all([legacy.close(), v2.close()]);
  process.chdir(tmpdir());
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => banyanHere(args);

describe('the command line', () => {
  it('finds the gateway through the config of the folder, --config or --state', async () => {
    for (const args of [[], ['--config', file()], ['--state', join(folder, '.banyan')]]) {
      expect(await run('status', ...args)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^type .*\nbilling +off/),
      });
    }
  });

  it('is a program of its own', async () => {
    expect(await banyan(['status', '--json'], folder)).toMatchObject({ code: 0, stderr: '' });
    expect(await banyan(['statsu'], folder)).toMatchObject({ code: 2, stdout: '' });
  });

  it('ends with 3 when no gateway runs there', async () => {
    const result = await run('status', '--state', join(folder, 'nowhere'));
    expect(result).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('no gateway runs with the state folder'),
    });
  });

  it('moves a type through its stages by long and short forms', async () => {
    for (const [args, line] of [
      [['stage', 'billing', 'shadow'], 'billing: off → shadow (revision 1)\n'],
      [['ramp', 'billing', '5%', '--reason', 'it matches'], 'billing: shadow → ramp 5% (revision 2)\n'],
      [['stage', 'billing', 'ramp', '--share', '0.25'], 'billing: ramp 5% → ramp 25% (revision 3)\n'],
      [['live', 'billing'], 'billing: ramp 25% → live (revision 4)\n'],
      [
        ['rollback', 'billing'],
        'billing: live → live, rolled back (revision 5)\n0 entities moved to legacy, 0 stay with V2 until they end\n',
      ],
      [['resume', 'billing'], 'billing: live, rolled back → live (revision 6)\n'],
      [['done', 'billing'], 'billing: live → done (revision 7)\n'],
      [['stage', 'billing', 'off'], 'billing: done → off (revision 8)\n'],
    ] as const) {
      expect(await run(...args)).toEqual({ code: 0, stdout: line, stderr: '' });
    }
    const audit = JSON.parse((await run('audit', 'billing', '--json')).stdout) as { lines: { reason: string }[] };
    expect(audit.lines).toHaveLength(8);
    expect(audit.lines[6]?.reason).toBe('it matches');
  });

  it('rolls back everything that V2 answers, and says when that is nothing', async () => {
    expect(await run('rollback', '--all')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('nothing to roll back'),
    });
    await run('live', 'billing');
    expect((await run('rollback', '--all')).stdout).toContain('billing: live → live, rolled back');
    expect(await run('ramp', 'billing', '1%')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('banyan resume'),
    });
    await run('resume', 'billing');
    await run('stage', 'billing', 'off');
  });

  it.each([
    [['ramp', 'billing', '101%'], 'expected a percentage'],
    [['ramp', 'billing', '-1'], ''],
    [['ramp', 'billing', 'NaN'], 'expected a percentage'],
    [['ramp', 'billing', '1e309'], 'expected a percentage'],
    [['ramp', 'billing', '0.00001%'], 'expected a percentage'],
    [['stage', 'billing', 'ramp'], 'share: expected one at stage ramp'],
    [['stage', 'billing', 'shadow', '--share', '5%'], 'share: expected none at stage shadow'],
    [['stage', 'billing', 'sideways'], 'Allowed choices are off, shadow, ramp, live, done'],
    [['shadow', 'biling'], 'there is no type "biling"'],
    [['rollback'], 'expected either a type or --all'],
    [['statsu'], "unknown command 'statsu'"],
    [['report', 'billing', '--format', 'pdf'], 'Allowed choices are'],
    [['explain', 'GET', '/x', '-H', 'nonsense'], "expected 'name: value'"],
  ])('refuses %j with 2 and changes nothing', async (args, says) => {
    const result = await run(...args);
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) });
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({ types: [{ policy: { stage: 'off' } }] });
  });

  it('explains a call rule by rule without sending it', async () => {
    await run('ramp', 'billing', '50%');
    const before = legacy.seen.length + v2.seen.length;
    const text = await run('explain', 'GET', '/billing/reports?x=1', '-H', 'X-Tenant: acme');
    expect(text.stdout).toMatch(/^billing\.unlisted_get \(read\)\n/);
    expect(text.stdout).toMatch(/stage +stage ramp, share 500000 ppm/);
    expect(text.stdout).toMatch(/affinity +affinity key from header:x-tenant/);
    expect(text.stdout).toMatch(/bucket +bucket \d+ (<|>=) 2147483648 +(v2|legacy)/);
    const named = JSON.parse((await run('explain', 'GET', '/billing/invoices/7', '--json')).stdout) as object;
    expect(named).toMatchObject({
      type: 'billing',
      operation: 'get_invoice',
      primary: 'legacy',
      why: [{ rule: 'unknown_id' }],
    });
    expect(await run('explain', 'GET', '/elsewhere')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('NO_TYPE'),
    });
    expect(legacy.seen.length + v2.seen.length).toBe(before);
    await run('stage', 'billing', 'off');
  });

  it('gives a token by which a client sees how its calls are decided', async () => {
    const { stdout, stderr } = await run('debug-token', '--type', 'billing', '--minutes', '5');
    expect(stderr).toMatch(/^send it as x-banyan-debug; it is good until \d{4}-/);
    const headers = { 'x-banyan-debug': stdout.trim() };
    const { headers: answer } = await fetch(`${data}/billing/invoices/7`, { headers });
    expect(answer.get('x-banyan-operation')).toBe('get_invoice');
    expect(legacy.seen.at(-1)?.headers).not.toHaveProperty('x-banyan-debug');

    expect(JSON.parse((await run('debug-token', '--json')).stdout)).toMatchObject({ type: null });
    expect(await run('debug-token', '--type', 'nobody')).toMatchObject({ code: 2 });
    expect(await run('debug-token', '--minutes', '61')).toMatchObject({ code: 2 });
  });

  it('explains what then happens', async () => {
    await run('ramp', 'billing', '50%');
    for (let n = 0; n < 8; n += 1) {
      const tenant = `tenant-${n}`;
      const why = JSON.parse(
        (await run('explain', 'GET', '/billing/x', '-H', `x-tenant: ${tenant}`, '--json')).stdout,
      ) as {
        primary: 'legacy' | 'v2';
      };
      const answered = async () => {
        const status = JSON.parse((await run('status', '--json')).stdout) as {
          types: { calls: { answered: Record<'legacy' | 'v2', number> } }[];
        };
        return status.types[0]?.calls.answered[why.primary] ?? 0;
      };
      const before = await answered();
      await (await fetch(`${data}/billing/x`, { headers: { 'x-tenant': tenant } })).arrayBuffer();
      expect(await answered()).toBe(before + 1);
    }
    await run('stage', 'billing', 'off');
  });

  it('reports as text, Markdown and JSON', async () => {
    expect((await run('report', 'billing')).stdout).toContain('billing');
    expect((await run('report', 'billing', '--format', 'markdown')).stdout).toMatch(/^# .*billing/m);
    expect(JSON.parse((await run('report', 'billing', '--json')).stdout)).toMatchObject({ schema: 1 });
  });

  it('validates a config and names each problem with its place', async () => {
    expect(await run('validate')).toMatchObject({ code: 0, stdout: expect.stringContaining('billing') });
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, 'types:\n  billing:\n    legasy: "http://127.0.0.1:1"\n    v2: "http://127.0.0.1:2"\n');
    const result = await run('validate', '--config', wrong);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/wrong\.yaml:3:5 .*did you mean "legacy"/);
    expect(await run('up', '--config', wrong)).toMatchObject({ code: 2, stdout: '' });
    expect(await run('validate', '--config', join(folder, 'none.yaml'))).toMatchObject({ code: 2 });
  });

  it('refuses a second gateway on the same state, and a port that is taken', async () => {
    expect(await run('up')).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use by another gateway') });
    const taken = join(folder, 'taken.yaml');
    const { port } = new URL(data);
    writeFileSync(
      taken,
      `data: 127.0.0.1:${port}\nstate: other\ntypes:\n  billing: { legacy: "${legacy.url}", v2: "${v2.url}" }\n`,
    );
    expect(await run('up', '--config', taken)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the data port cannot be opened'),
    });
  });
});

describe('the admin API', () => {
  const admin = () => gateway.ready[2] ?? '';

  it('answers nothing but probes without the token', async () => {
    expect((await fetch(`${admin()}/livez`)).status).toBe(200);
    expect((await fetch(`${admin()}/readyz`)).status).toBe(200);
    for (const authorization of ['', 'Bearer', 'Bearer wrong', 'Basic x']) {
      const response = await fetch(`${admin()}/v1/status`, { headers: { authorization } });
      expect([response.status, await response.json()]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
    }
  });

  it('is not to be had on the data port', async () => {
    expect((await fetch(`${data}/v1/status`)).status).toBe(404);
  });
});
