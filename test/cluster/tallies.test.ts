import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Ledger, type LedgerSnapshot } from '../../shadow/ledger/index.ts';
import type { Counted } from '../../src/cluster/messages.ts';
import { Tallies } from '../../src/cluster/tallies.ts';
import { Counters } from '../../src/gateway/counters.ts';
import type { GatewayParts } from '../../src/gateway/parts.ts';
import { openSqliteStore, STATE_FILE } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';

let folder: string;
let store: Store;
let tallies: Tallies;
let counters: Counters;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'banyan-tallies-'));
  store = openSqliteStore(folder, { entitiesCachedMax: 10 });
  counters = new Counters();
  const parts = { types: [], counters, log: () => undefined } as unknown as GatewayParts;
  tallies = new Tallies(() => parts, store);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function eligible(calls: number): LedgerSnapshot {
  const ledger = new Ledger({ clock: () => 1 });
  for (let n = 0; n < calls; n += 1) ledger.eligible('get');
  return ledger.snapshot();
}

const told = (...ledgers: Counted['ledgers']): Counted => ({
  ...{ counters: {}, ledgers, mirrors: {}, instances: {} },
  metrics: { schema: 1, metrics: [] },
});

const kept = (type: string) => {
  const { operations } = JSON.parse(store.loadLedger(type) ?? '{}') as LedgerSnapshot;
  return operations[0]?.eligible;
};

it('the last counts of a type that the config has no more are added up, however many come at once', async () => {
  tallies.absorb(1, told(['gone', eligible(1)], ['gone', eligible(2)], ['other', eligible(64)]));
  tallies.absorb(2, told(['gone', eligible(4)]));
  await store.saveLedger('barrier', '{}');
  expect([kept('gone'), kept('other')]).toEqual([7, 64]);
  tallies.absorb(1, told(['gone', eligible(8)]));
  await store.saveLedger('barrier', '{}');
  expect(kept('gone')).toBe(15);
});

it('what is on its way into the store already is not lost', async () => {
  const saved = store.saveLedger('gone', JSON.stringify(eligible(32)));
  tallies.absorb(1, told(['gone', eligible(1)]));
  await Promise.all([saved, store.saveLedger('barrier', '{}')]);
  expect(kept('gone')).toBe(33);
});

it('counts that could not be saved are counted as such, and no later ones are lost with them', async () => {
  const other = new DatabaseSync(join(folder, STATE_FILE));
  other.exec(`
    CREATE TRIGGER refuse_the_first BEFORE INSERT ON ledgers
    WHEN json_extract(NEW.snapshot, '$.operations[0].eligible') = 1 BEGIN SELECT RAISE(ABORT, 'disk full'); END
  `);
  other.close();
  tallies.absorb(1, told(['gone', eligible(1)]));
  tallies.absorb(1, told(['gone', eligible(2)]));
  await store.saveLedger('barrier', '{}');
  expect(kept('gone')).toBe(3);
  expect(counters.snapshot().store_write_failures).toBe(1);
});

it('counts that what is stored cannot be read for are counted as such, and later ones are kept', async () => {
  const { loadLedger } = store;
  const broken = () => {
    throw new Error('disk I/O error');
  };
  Object.assign(store, { loadLedger: broken });
  tallies.absorb(1, told(['gone', eligible(1)]));
  await expect.poll(() => counters.snapshot().store_write_failures).toBe(1);
  Object.assign(store, { loadLedger });
  tallies.absorb(1, told(['gone', eligible(2)]));
  await store.saveLedger('barrier', '{}');
  expect(kept('gone')).toBe(2);
});
