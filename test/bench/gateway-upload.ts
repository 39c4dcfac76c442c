import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchmarkResult, figure, notMeasured } from './result.ts';
import { startBanyan } from './support/banyan.ts';
import { memoryOf } from './support/processes.ts';
import { upload } from './support/upload.ts';

const MIB = 1024 * 1024;
const GROWTH_MAX_BYTES = 64 * MIB;

/** In a gateway of its own: what an upload leaves would vanish in what minutes of load have left. */
export async function uploadResult(folder: string, sink: string, bytes: number): Promise<BenchmarkResult> {
  const own = join(folder, 'uploads');
  mkdirSync(own);
  const { url, pid, stop } = await startBanyan(own, { uploads: { legacy: sink, v2: `${sink}/v2` } });
  const metric = `memory grown while ${bytes / MIB} MiB were uploaded`;
  const target = `at most ${GROWTH_MAX_BYTES / MIB} MiB`;
  try {
    await upload(`${url}/uploads`, MIB);
    const before = memoryOf(pid).nowBytes;
    await upload(`${url}/uploads`, bytes);
    const grown = memoryOf(pid).peakBytes - before;
    return { ...figure(metric, grown / MIB, 'MiB'), target, met: grown <= GROWTH_MAX_BYTES };
  } catch (error) {
    return notMeasured(metric, error instanceof Error ? error.message : String(error), target);
  } finally {
    await stop();
  }
}
