import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BanyanError } from '../contract/errors.ts';
import { afterChange } from './entity-changes.ts';
import { PendingEntities } from './pending-entities.ts';
import { STATE_FILE } from './sqlite.ts';
import { entityKey, readsOf } from './sqlite-reads.ts';
import type { EntityQuery, Store } from './store.ts';

/** The process that has the file open for writing, as others reach it. */
export type Writer = Pick<Store, 'movePolicy' | 'changeEntity' | 'saveLedger' | 'counters'>;

/**
 * The embedded store, as a process has it that does not write it: it reads the file, whose commits it sees at once,
 * and sends what it writes to the one that does. Its own changes are visible to it before they are durable. Nothing
 * else is remembered, so there is nothing to keep in step: a look-up costs a few microseconds.
 * @param folder a state folder that a writer has opened
 * @throws BanyanError STORE_FAILED when the file cannot be read
 */
export function openFollowerStore(folder: string, writer: Writer): Store {
  const database = openDatabase(folder);
  const stored = readsOf(database);
  const pending = new PendingEntities();
  const findEntity = (query: EntityQuery) => pending.get(entityKey(query)) ?? stored.findEntity(query);

  return {
    ...stored,
    findEntity,
    movePolicy: (move) => writer.movePolicy(move),
    changeEntity: async (change) => {
      const expected = afterChange({ ...stored, find: findEntity }, change);
      return pending.until(writer.changeEntity(change), expected);
    },
    saveLedger: (type, snapshot) => writer.saveLedger(type, snapshot),
    counters: () => writer.counters(),
    close: async () => database.close(),
  };
}

function openDatabase(folder: string): DatabaseSync {
  try {
    const database = new DatabaseSync(join(folder, STATE_FILE), { readOnly: true });
    database.exec('PRAGMA busy_timeout = 2000');
    return database;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BanyanError('STORE_FAILED', `the state folder ${folder} cannot be read: ${reason}`, { cause: error });
  }
}
