import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { isLocked, lockFile } from '../../../src/kernel/store/file-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PATIENT_MS = 30_000;

function storeFile(): string {
  const file = join(temporaryFolder('lock'), 'store.sqlite');
  writeFileSync(file, '');
  return file;
}

/** Has a lock, in a thread of its own, until 50 ms after it has said so. */
const HOLDER = `
  const { DatabaseSync } = require('node:sqlite');
  const { parentPort, workerData } = require('node:worker_threads');
  const database = new DatabaseSync(workerData);
  database.exec('BEGIN IMMEDIATE');
  parentPort.postMessage('held');
  setTimeout(() => database.close(), 50);
`;

describe('whether a file is locked', () => {
  it('is told by who holds the lock, not by the file that is left of it', () => {
    const file = storeFile();
    expect(isLocked(file)).toBe(false);
    const lock = lockFile(file);
    expect(isLocked(file)).toBe(true);
    lock.release();
    expect(isLocked(file)).toBe(false);
  });

  it('is not told by another who asks at the same moment', async () => {
    const file = storeFile();
    lockFile(file).release();
    const asking = new Worker(HOLDER, { eval: true, workerData: `${file}-lock` });
    await once(asking, 'message');
    expect(isLocked(file, PATIENT_MS)).toBe(false);
    await asking.terminate();
  });

  it('is taken for granted where it cannot be found out', () => {
    const file = storeFile();
    mkdirSync(`${file}-lock`);
    expect(isLocked(file)).toBe(true);
  });
});

it('a holder with the same number on another host is not taken for this process', () => {
  const file = storeFile();
  lockFile(file).release();
  const elsewhere = new DatabaseSync(`${file}-lock`);
  elsewhere.prepare("UPDATE holder SET host = 'elsewhere'").run();
  elsewhere.exec('BEGIN IMMEDIATE');
  expect(() => lockFile(file)).toThrow(`in use by another kernel: process ${process.pid} on elsewhere, since `);
  elsewhere.close();
});
