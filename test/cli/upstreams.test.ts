import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TypeView } from '../../src/gateway/admin/views.ts';
import { banyanHere, type Program, startProgram } from '../support/programs.ts';
import { startUpstream, type Upstream, unusedAddress } from '../support/upstream.ts';

const CERTIFICATES = fileURLToPath(new URL('../support/certificates', import.meta.url));

let folder: string;
let nobody: string;
let legacy: Upstream;
let secured: Upstream;
let gateway: Program;
const file = () => join(folder, 'banyan.yaml');
const run = (...args: string[]) => banyanHere([...args, '--config', file()]);
/** Puts another certificate in the place of the authority's. */
const put = (name: string) => writeFileSync(join(folder, 'ca.pem'), pem(name));
const pem = (name: string) => readFileSync(join(CERTIFICATES, `${name}.pem`), 'utf8');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-cli-upstreams-'));
  for (const name of ['ca', 'client', 'client-key'])
    cpSync(join(CERTIFICATES, `${name}.pem`), join(folder, `${name}.pem`));
  nobody = await unusedAddress();
  legacy = await startUpstream((_, response) => response.end('legacy'));
  const tls = { cert: pem('localhost'), key: pem('localhost-key') };
  secured = await startUpstream((_, response) => response.end('secured'), { tls });
  writeFileSync(
    file(),
    `data: 127.0.0.1:0
admin: 127.0.0.1:0
types:
  billing:
    legacy: ["${nobody}", "${legacy.url}"]
    v2: "http://127.0.0.1:1"
  shipping:
    legacy: { instances: ["${secured.url}"], tls: { ca: ca.pem } }
    v2: { instances: ["https://localhost:1"], tls: { insecure: true } }
`,
  );
  gateway = await startProgram(
    'src/cli/main.ts',
    ['up', '--config', file(), '--log-level', 'warn'],
    /^banyan ready data=(\S+) admin=(\S+)$/,
  );
});
afterAll(async () => {
  await gateway.kill('SIGTERM');
  await Promise.all([legacy.close(), secured.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (path: string) => (await fetch(`${gateway.ready[1]}${path}`)).text();
const INSECURE = 'types.shipping.v2.tls.insecure: certificates are not checked';

async function view(type: string): Promise<Response> {
  const authorization = `Bearer ${readFileSync(join(folder, '.banyan', 'admin.token'), 'utf8').trim()}`;
  return fetch(`${gateway.ready[2]}/v1/types/${type}`, { headers: { authorization } });
}

describe('the instances of a side', () => {
  it('that get no calls are named by the status, the admin API and the log', async () => {
    expect((await run('status')).stdout).not.toContain(nobody);
    for (let calls = 0; calls < 8; calls += 1) expect(await ask('/billing/x')).toBe('legacy');
    const status = (await run('status')).stdout;
    expect(status).toMatch(
      new RegExp(`^billing legacy: ${nobody} failed and gets no calls, tried again in \\d+ s$`, 'm'),
    );
    expect(status).toContain('instances_ejected 1');
    const { instances, upstreams } = (await (await view('billing')).json()) as TypeView;
    expect(instances.legacy.calls.map(({ url, state }) => [url, state])).toEqual([
      [nobody, 'out'],
      [legacy.url, 'in'],
    ]);
    expect(upstreams.legacy).toBe(`${nobody}, ${legacy.url}`);
    expect((await view('nobody')).status).toBe(404);
    expect(gateway.stderr()).toContain(`"side":"legacy","purpose":"calls","instance":"${nobody}","outMs":30000`);
  });

  it('whose certificates are not checked are warned of, by validate and by the log', async () => {
    const valid = await run('validate');
    expect(valid).toMatchObject({ code: 0, stderr: expect.stringContaining(`warning: ${INSECURE}`) });
    const told = JSON.parse((await run('validate', '--json')).stdout) as object;
    expect(told).toMatchObject({ valid: true, warnings: [expect.stringContaining(INSECURE)] });
    expect(gateway.stderr()).toContain(INSECURE);
  });

  it('have the files of now, and those of before where one cannot be used', async () => {
    expect(await ask('/shipping/x')).toBe('secured');
    put('client');
    while ((await ask('/shipping/x')) === 'secured') await sleep(20);
    expect(await ask('/shipping/x')).toContain('UPSTREAM_REFUSED');
    put('ca');
    expect(await run('reload')).toMatchObject({ code: 0, stdout: expect.stringMatching(/shipping|already/) });
    expect(await ask('/shipping/x')).toBe('secured');
    writeFileSync(join(folder, 'ca.pem'), 'not a certificate');
    expect(await run('reload')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/types\.shipping\.legacy\.tls\.ca: expected a file with certificates in PEM/),
    });
    expect(await ask('/shipping/x')).toBe('secured');
  });
});
