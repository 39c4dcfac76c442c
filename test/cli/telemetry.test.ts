import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/collector.ts';
import { type Program, startProgram } from '../support/programs.ts';
import { samplesIn, sampleValue } from '../support/scrape.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let folder: string;
let legacy: Upstream;
let collector: Collector;
let gateway: Program;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-telemetry-'));
  legacy = await startUpstream((_, response) => json(response, {}));
  collector = await startCollector();
});
afterEach(async () => {
  await gateway.kill('SIGKILL');
  await Promise.all([legacy.close(), collector.close()]);
  rmSync(folder, { recursive: true, force: true });
});

async function up(endpoint: string, logLevel: string): Promise<void> {
  writeFileSync(
    join(folder, 'banyan.yaml'),
    `data: 127.0.0.1:0
admin: 127.0.0.1:0
telemetry: { otlp: { endpoint: "${endpoint}", serviceName: edge } }
types:
  billing: { match: { prefix: /billing }, legacy: "${legacy.url}", v2: "http://127.0.0.1:1" }
`,
  );
  const args = ['up', '--config', join(folder, 'banyan.yaml'), '--log-level', logLevel];
  gateway = await startProgram('src/cli/main.ts', args, /^banyan ready data=(\S+) admin=(\S+)$/);
}

const call = () => fetch(`${gateway.ready[1]}/billing/x`).then((response) => response.text());

it('banyan up serves metrics, logs calls at debug, and sends its last spans when it stops', async () => {
  await up(new URL(collector.config.endpoint).origin, 'debug');
  await call();
  const samples = samplesIn(await (await fetch(`${gateway.ready[2]}/metrics`)).text());
  expect(sampleValue(samples, 'http_server_request_duration_seconds_count', { banyan_type: 'billing' })).toBe(1);

  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
  expect(collector.spans().map(({ kind }) => kind)).toEqual([3, 2]);
  expect(collector.bodies[0]).toContain('"edge"');
  expect(gateway.stderr()).toMatch(/"type":"billing","operation":"unlisted_get","method":"GET","path":"\/billing\/x"/);
});

it('a collector that takes connections and says nothing keeps no gateway from stopping', async () => {
  const silent = await startUpstream(() => undefined);
  await up(silent.url, 'warn');
  expect(await call()).toBe('{}');
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
  await silent.close();
}, 20_000);
