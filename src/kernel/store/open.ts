import { MemoryStore } from './memory.ts';
import { SqliteStore } from './sqlite.ts';
import type { KernelStore } from './store.ts';

/** A path opens a SQLite file; nothing, a store in memory. */
export function openStore(store: string | KernelStore | undefined): KernelStore {
  if (store === undefined) return new MemoryStore();
  return typeof store === 'string' ? new SqliteStore(store) : store;
}
