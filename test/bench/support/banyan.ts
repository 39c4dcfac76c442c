import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdminClient } from '../../../src/cli/admin-client.ts';
import { startChild } from './child.ts';
import type { Service } from './reference-proxies.ts';

export type BanyanService = Service & { readonly admin: AdminClient };

/** A gateway for types given by name, in a folder of its own. */
export async function startBanyan(
  folder: string,
  types: Readonly<Record<string, { readonly legacy: string; readonly v2: string }>>,
): Promise<BanyanService> {
  const config = join(folder, 'banyan.yaml');
  const rows = Object.entries(types).map(([name, { legacy, v2 }]) => `  ${name}: { legacy: "${legacy}", v2: "${v2}" }`);
  writeFileSync(config, `data: 127.0.0.1:0\nadmin: 127.0.0.1:0\ntypes:\n${rows.join('\n')}\n`);
  const up = ['up', '--config', config, '--log-level', 'error'];
  const { line, pid, stop } = await startChild('src/cli/main.ts', up, /^banyan ready data=(\S+)/);
  return { url: line[1] ?? '', pid, stop, admin: await AdminClient.find({ state: join(folder, '.banyan') }) };
}
