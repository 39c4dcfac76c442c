import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** How a CLI finds a running gateway: a file in its state folder. */
const address = z.strictObject({
  admin: z.url(),
  data: z.url(),
  pid: z.int().positive(),
});
export type GatewayAddress = z.infer<typeof address>;

const FILE = 'gateway.json';

export function writeAddress(stateFolder: string, value: GatewayAddress): void {
  const file = join(stateFolder, FILE);
  writeFileSync(`${file}.tmp`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** `null` when no gateway has left its address there, or what stands there is none. */
export function readAddress(stateFolder: string): GatewayAddress | null {
  try {
    return address.parse(JSON.parse(readFileSync(join(stateFolder, FILE), 'utf8')));
  } catch {
    return null;
  }
}

/** For whoever has the folder's lock: what an earlier gateway left leads nowhere, or to somebody else. */
export function forgetAddress(stateFolder: string): void {
  rmSync(join(stateFolder, FILE), { force: true });
}

/** Leaves that of another process where it is. */
export function removeAddress(stateFolder: string, pid: number): void {
  if (readAddress(stateFolder)?.pid === pid) forgetAddress(stateFolder);
}
