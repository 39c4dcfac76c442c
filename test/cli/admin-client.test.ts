import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStateFolder, type StateFolder } from '../../src/cli/up/state-folder.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { initialPolicy } from '../../src/contract/policy.ts';
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

/** `somebody` is the gateway, until the folder is closed. */
function gatewayRuns(): StateFolder {
  const folder = openStateFolder({ state, limits: DEFAULT_LIMITS });
  writeAddress(state, { admin: somebody.url, data: somebody.url, pid: process.pid });
  return folder;
}

const audit = () => banyanHere(['audit', '--state', state]);

describe('a command', () => {
  it('sends nothing to whoever listens where a gateway was that has died', async () => {
    const folder = gatewayRuns();
    expect(await audit()).toMatchObject({ code: 0 });
    expect(somebody.seen).toHaveLength(1);
    await folder.close(); // its address stays, as after kill -9
    expect(await audit()).toMatchObject({ code: 3, stderr: expect.stringContaining('no gateway runs') });
    expect(somebody.seen).toHaveLength(1);
  });

  it('sends nothing either while the next gateway starts, until that one listens', async () => {
    await gatewayRuns().close();
    const next = openStateFolder({ state, limits: DEFAULT_LIMITS });
    expect(await audit()).toMatchObject({ code: 3, stderr: expect.stringContaining('no gateway runs') });
    expect(somebody.seen).toHaveLength(0);
    writeAddress(state, { admin: somebody.url, data: somebody.url, pid: process.pid });
    expect(await audit()).toMatchObject({ code: 0 });
    await next.close();
  });

  it.each([
    ['no JSON', 200, 'hello'],
    ['no mapping', 200, 'null'],
    ['of another program', 200, '{}'],
    ['of another version', 200, '{"schema":2,"lines":[]}'],
    ["another program's refusal", 404, '{"error":"not found"}'],
  ])('says so when what answers is no gateway that it knows: %s', async (_, status, body) => {
    const folder = gatewayRuns();
    somebody.answer((_, response) => response.writeHead(status).end(body));
    expect(await audit()).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining(`what answers at ${somebody.url} is no gateway of this version`),
    });
    await folder.close();
  });

  it('that rolls back all says which types were, which not and why, and ends with 1 then', async () => {
    const folder = gatewayRuns();
    const policy = { ...initialPolicy('billing'), stage: 'live' };
    const answer = {
      schema: 1,
      types: [
        {
          audit: { type: 'billing', before: policy, after: policy, action: 'rollback' },
          entities: { moved: 1, draining: 2 },
        },
      ],
      failed: [{ type: 'shipping', error: { code: 'STORE_FAILED', message: 'the disk is full', hint: '' } }],
    };
    somebody.answer((_, response) => json(response, answer));
    expect(await banyanHere(['rollback', '--all', '--state', state])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^billing: live → live .*\n1 entities moved to legacy, 2 stay/),
      stderr: expect.stringMatching(
        /^error shipping was not rolled back: the disk is full\nhint: .* \[STORE_FAILED\]\n$/,
      ),
    });
    const result = await banyanHere(['rollback', '--all', '--json', '--state', state]);
    expect([result.code, JSON.parse(result.stdout)]).toEqual([1, answer]);
    await folder.close();
  });

  it.each([
    [null, 'config revision 3 is in force already'],
    [
      { added: ['shipping'], changed: ['billing'], removed: [] },
      'config revision 3 is in force: added shipping; changed billing',
    ],
    [{ added: [], changed: [], removed: ['shipping'] }, 'config revision 3 is in force: removed shipping'],
    [
      { added: [], changed: [], removed: [], renewed: ['certificates'] },
      'config revision 3 is in force: renewed certificates',
    ],
    [{ added: [], changed: [], removed: [] }, 'config revision 3 is in force: types in another order'],
  ])('that reloads says of the change %j what it was', async (change, says) => {
    const folder = gatewayRuns();
    somebody.answer((_, response) => json(response, { schema: 1, config: { revision: 3 }, change }));
    expect(await banyanHere(['reload', '--state', state])).toEqual({ code: 0, stdout: `${says}\n`, stderr: '' });
    await folder.close();
  });
});
