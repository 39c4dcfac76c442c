import { copyFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { MemoryStore, SqliteStore } from '../../../src/kernel/index.ts';
import { type Batch, type KernelStore, NO_COUNTERS } from '../../../src/kernel/store/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { type StoreDriver, testStore } from './contract.ts';

const paths = new WeakMap<KernelStore, string>();

function openSqlite(path = join(temporaryFolder('kernel'), 'kernel.sqlite')): SqliteStore {
  const store = new SqliteStore(path);
  paths.set(store, path);
  return store;
}

/** The files as a process that died now would leave them: it closed nothing. */
function leftBehind(path: string): string {
  const copy = `${path}-left-behind`;
  for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, `${copy}${suffix}`);
  return copy;
}

const DRIVERS: readonly StoreDriver[] = [
  { name: 'memory', open: () => new MemoryStore(), reopen: null },
  { name: 'sqlite', open: openSqlite, reopen: (store) => openSqlite(leftBehind(paths.get(store) as string)) },
];

for (const driver of DRIVERS) testStore(driver);

const BATCH: Batch = {
  agents: [],
  tasks: [{ id: 't1', spec: '{}', state: '{}', ended: null, key: null }],
  events: [],
  counters: NO_COUNTERS,
};
const KEPT = { eventsMax: 10, endedTasksMax: 10, endedAgentsMax: 10 };

test('sqlite: a commit that fails has changed nothing, and can be made again', () => {
  const store = openSqlite();
  store.commit(BATCH, KEPT);
  const events = [
    {
      sequence: 5,
      atMs: 0,
      agentId: null,
      taskId: null,
      kind: 'task.ready',
      from: 'waiting',
      to: 'queued',
      detail: null,
    },
  ] as const;
  store.commit({ ...BATCH, tasks: [], events }, KEPT);
  const second = { ...BATCH, tasks: [{ ...BATCH.tasks[0], id: 't2' } as (typeof BATCH.tasks)[0]] };
  expect(() => store.commit({ ...second, events }, KEPT)).toThrow('UNIQUE');
  expect(store.task('t2')).toBeNull();
  store.commit(second, KEPT);
  expect(store.task('t2')).not.toBeNull();
  store.close();
});

test('sqlite: a file of a later version is refused, not changed', () => {
  const store = openSqlite();
  const path = paths.get(store) as string;
  store.close();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 99');
  database.close();
  expect(() => openSqlite(path)).toThrow(/version 99 .* knows 2/);
});

test('sqlite: writes ahead and waits for the disk', () => {
  const store = openSqlite();
  const database = new DatabaseSync(paths.get(store) as string);
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  database.close();
  store.close();
});

test('sqlite: a second kernel is kept from the file, in this process too and by way of a link, until it is closed', () => {
  const store = openSqlite();
  const path = paths.get(store) as string;
  const link = `${path}-link`;
  symlinkSync(path, link);
  for (const name of [path, link]) {
    expect(() => openSqlite(name)).toThrow(
      expect.objectContaining({ code: 'STORE_IN_USE', message: expect.stringContaining(': this process on ') }),
    );
  }
  store.close();
  openSqlite(link).close();
});

test('sqlite: a file that could not be opened is not held', () => {
  const path = join(temporaryFolder('kernel'), 'kernel.sqlite');
  writeFileSync(path, 'this is no database, but it is long enough to be looked at as if it were one'.repeat(20));
  expect(() => openSqlite(path)).toThrow('not a database');
  rmSync(path);
  openSqlite(path).close();
});
