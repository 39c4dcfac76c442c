import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateFolder } from '../../src/cli/up/state-folder.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { writeAddress } from '../../src/gateway/admin/address.ts';
import { banyanHere } from '../support/programs.ts';
import { json, startUpstream, type Upstream } from '../support/upstream.ts';

let state: string;
/** Listens where the gateway did, or does. */
let somebody: Upstream;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'banyan-client-'));
  somebody = await startUpstream((_, response) => json(response, { schema: 1, lines: [] }));
});
afterEach(async () => {
  await somebody.close();
  rmSync(state, { recursive: true });
});

const audit = () => banyanHere(['audit', '--state', state]);
const open = () => openStateFolder({ state, limits: DEFAULT_LIMITS });

describe('a command', () => {
  it('sends nothing to whoever listens where a gateway was that has died', async () => {
    const folder = open();
    writeAddress(state, { admin: somebody.url, data: somebody.url, pid: process.pid });
    expect(await audit()).toMatchObject({ code: 0 });
    expect(somebody.seen).toHaveLength(1);
    await folder.close(); // its address stays, as after kill -9
    expect(await audit()).toMatchObject({ code: 3, stderr: expect.stringContaining('no gateway runs') });
    expect(somebody.seen).toHaveLength(1);
  });
});
