import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConfigReloader } from '../../src/cli/up/config-reloader.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { Reloaded } from '../../src/gateway/admin/config.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-serial-'));
  file = join(folder, 'banyan.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** In one step, for whoever reads at that moment. */
function save(answerMs: number): void {
  const billing = '{ legacy: "http://127.0.0.1:1", v2: "http://127.0.0.1:2" }';
  writeFileSync(`${file}.next`, `timeouts: { answerMs: ${answerMs} }\ntypes: { billing: ${billing} }\n`);
  renameSync(`${file}.next`, file);
}

/** Lets so many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await turn();
}

it('never applies two configs at once, whoever asks when, and each gets the next revision', async () => {
  let under = 0;
  const begun: { readonly under: number; readonly revision: number }[] = [];
  save(1);
  const reloader: ConfigReloader = new ConfigReloader({
    file,
    builtIn: {},
    config: await loadConfig(file, {}),
    apply: async () => {
      under += 1;
      begun.push({ under, revision: reloader.view().revision });
      await turns(1 + (begun.length % 4));
      under -= 1;
      return { added: [], changed: ['billing'], removed: [] };
    },
    logger: pino({ level: 'silent' }),
  });
  const asked: Promise<Reloaded>[] = [];
  for (let n = 1; n <= 200; n += 1) {
    save(n + 1);
    asked.push(reloader.reload());
    await turns(n % 7);
  }
  const revisions = (await Promise.all(asked)).map(({ config }) => config.revision);
  expect(begun).toEqual(begun.map((_, n) => ({ under: 1, revision: n + 1 })));
  expect(begun.length).toBeGreaterThan(1);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(reloader.view()).toMatchObject({ revision: begun.length + 1, lastError: null });
});
