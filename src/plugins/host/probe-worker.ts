/** Tries what a plugin's worker may not do, and tells which of it was not refused. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/** Where the probe tries to write; removed again if it could. */
const { scratch } = workerData as { readonly scratch: string };

const FORBIDDEN = {
  'write a file': () => {
    writeFileSync(scratch, '');
    rmSync(scratch);
  },
  'read a file of somebody else': () => readFileSync(process.execPath),
  'start a program': () => spawnSync(process.execPath, ['--version']),
  'start a worker': () => new Worker('', { eval: true }).terminate(),
  'load an addon': () => process.dlopen({ exports: {} }, scratch),
} as const satisfies Readonly<Record<string, () => unknown>>;

/** Without this one the refusals prove nothing: then all is refused. */
readFileSync(fileURLToPath(import.meta.url));

const deeds: readonly [string, () => unknown][] = Object.entries(FORBIDDEN);
const allowed = deeds.filter(([, deed]) => !isRefused(deed)).map(([name]) => name);
if (Object.keys(process.env).length > 0) allowed.push('see the environment');
parentPort?.postMessage(allowed);

/** Any other failure is no refusal: the deed was tried, and only happened to fail. */
function isRefused(deed: () => unknown): boolean {
  try {
    deed();
    return false;
  } catch (error) {
    return ['ERR_ACCESS_DENIED', 'ERR_DLOPEN_DISABLED'].includes((error as { code?: string }).code ?? '');
  }
}
